/**
 * Addresses that are no public host's: IANA's registries of special-purpose addresses, its registry of IPv6 space, and
 * the addresses that clouds keep for themselves. A narrower block stands before the one that it lies in, and is left out
 * where it would say no more.
 */

/** An address as a number, of 32 or 128 bits. */
export interface Address {
  bits: 32 | 128
  value: bigint
}

/** @property source where it is said what the block is for */
export interface AddressBlock {
  cidr: string
  use: string
  source: string
}

export const SPECIAL_BLOCKS: readonly AddressBlock[] = [
  // IPv4: iana.org/assignments/iana-ipv4-special-registry, and multicast
  { cidr: '0.0.0.0/8', use: 'this network', source: 'RFC 791' },
  { cidr: '10.0.0.0/8', use: 'private use', source: 'RFC 1918' },
  { cidr: '100.64.0.0/10', use: 'carrier-grade NAT', source: 'RFC 6598' },
  { cidr: '127.0.0.0/8', use: 'loopback', source: 'RFC 1122' },
  { cidr: '169.254.0.0/16', use: 'link-local, and the metadata of clouds', source: 'RFC 3927' },
  { cidr: '172.16.0.0/12', use: 'private use', source: 'RFC 1918' },
  { cidr: '192.0.0.0/24', use: 'protocol assignments', source: 'RFC 6890' },
  { cidr: '192.0.2.0/24', use: 'documentation', source: 'RFC 5737' },
  { cidr: '192.31.196.0/24', use: 'AS112', source: 'RFC 7535' },
  { cidr: '192.52.193.0/24', use: 'multicast tunnelling', source: 'RFC 7450' },
  { cidr: '192.88.99.0/24', use: '6to4 relays', source: 'RFC 7526' },
  { cidr: '192.168.0.0/16', use: 'private use', source: 'RFC 1918' },
  { cidr: '192.175.48.0/24', use: 'AS112', source: 'RFC 7534' },
  { cidr: '198.18.0.0/15', use: 'benchmarks', source: 'RFC 2544' },
  { cidr: '198.51.100.0/24', use: 'documentation', source: 'RFC 5737' },
  { cidr: '203.0.113.0/24', use: 'documentation', source: 'RFC 5737' },
  { cidr: '224.0.0.0/4', use: 'multicast', source: 'RFC 1112' },
  { cidr: '255.255.255.255/32', use: 'broadcast', source: 'RFC 919' },
  { cidr: '240.0.0.0/4', use: 'reserved', source: 'RFC 1112' },

  // A cloud's own, amid public addresses
  { cidr: '168.63.129.16/32', use: 'the platform of Azure', source: 'learn.microsoft.com' },

  // IPv6: iana.org/assignments/iana-ipv6-special-registry
  { cidr: '::1/128', use: 'loopback', source: 'RFC 4291' },
  { cidr: '::/128', use: 'unspecified', source: 'RFC 4291' },
  { cidr: '::/96', use: 'IPv4-compatible', source: 'RFC 4291' },
  { cidr: '::ffff:0:0/96', use: 'IPv4-mapped', source: 'RFC 4291' },
  { cidr: '::ffff:0:0:0/96', use: 'IPv4-translated', source: 'RFC 2765' },
  { cidr: '64:ff9b::/96', use: 'NAT64', source: 'RFC 6052' },
  { cidr: '64:ff9b:1::/48', use: 'NAT64', source: 'RFC 8215' },
  { cidr: '100::/64', use: 'discard-only', source: 'RFC 6666' },
  { cidr: '100:0:0:1::/64', use: 'dummy prefix', source: 'RFC 9780' },
  { cidr: '2001::/32', use: 'Teredo', source: 'RFC 4380' },
  { cidr: '2001::/23', use: 'protocol assignments', source: 'RFC 2928' },
  { cidr: '2001:db8::/32', use: 'documentation', source: 'RFC 3849' },
  { cidr: '2002::/16', use: '6to4', source: 'RFC 3056' },
  { cidr: '2620:4f:8000::/48', use: 'AS112', source: 'RFC 7534' },
  { cidr: '3fff::/20', use: 'documentation', source: 'RFC 9637' },
  { cidr: '5f00::/16', use: 'segment routing', source: 'RFC 9602' },
  { cidr: 'fc00::/7', use: 'private use', source: 'RFC 4193' },
  { cidr: 'fe80::/10', use: 'link-local', source: 'RFC 4291' },
  { cidr: 'fec0::/10', use: 'site-local', source: 'RFC 3879' },
  { cidr: 'ff00::/8', use: 'multicast', source: 'RFC 4291' },

  // What is left of IPv6 when global unicast, 2000::/3, is taken out: iana.org/assignments/ipv6-address-space
  { cidr: '::/3', use: 'reserved', source: 'RFC 4291' },
  { cidr: '4000::/2', use: 'reserved', source: 'RFC 4291' },
  { cidr: '8000::/1', use: 'reserved', source: 'RFC 4291' },

  // What IANA keeps back of global unicast: iana.org/assignments/ipv6-unicast-address-assignments
  { cidr: '2d00::/8', use: 'reserved', source: 'RFC 4291' },
  { cidr: '2e00::/7', use: 'reserved', source: 'RFC 4291' },
  { cidr: '3000::/4', use: 'reserved', source: 'RFC 4291' },
]

/**
 * Reads an address in any of the spellings that a URL may have, without brackets.
 * @returns undefined for what is no address, such as a name
 */
export function readAddress(text: string): Address | undefined {
  if (!/^[\da-fx.:]+$/i.test(text)) return undefined
  const url = text.includes(':') ? `https://[${text}]/` : `https://${text}/`
  if (!URL.canParse(url)) return undefined
  // The parser turns decimal, octal, hexadecimal and short forms, and IPv4 within IPv6, into one spelling.
  const { hostname } = new URL(url)
  if (hostname.startsWith('[')) return { bits: 128, value: ipv6Value(hostname.slice(1, -1)) }
  return /^\d+(\.\d+){3}$/.test(hostname) ? { bits: 32, value: ipv4Value(hostname) } : undefined
}

/** The block that the address lies in; undefined for a public host's. */
export function specialBlockOf({ bits, value }: Address): AddressBlock | undefined {
  return RANGES.find((range) => range.bits === bits && value >> range.freeBits === range.prefix)?.block
}

const RANGES = SPECIAL_BLOCKS.map((block) => {
  const [first = '', length] = block.cidr.split('/')
  const bits = first.includes(':') ? 128 : 32
  const freeBits = BigInt(bits - Number(length))
  const value = bits === 128 ? ipv6Value(first) : ipv4Value(first)
  return { block, bits, freeBits, prefix: value >> freeBits }
})

function ipv4Value(dotted: string): bigint {
  return dotted.split('.').reduce((value, part) => (value << 8n) | BigInt(part), 0n)
}

/** Of groups in hexadecimal, of which `::` may leave out those that are zero. */
function ipv6Value(text: string): bigint {
  const [before = [], after = []] = text.split('::').map((part) => part.split(':').filter((group) => group !== ''))
  const zeros: string[] = Array(8 - before.length - after.length).fill('0')
  return [...before, ...zeros, ...after].reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n)
}
