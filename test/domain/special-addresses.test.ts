/** Which addresses are no public host's, block by block. */

import { describe, expect, test } from 'vitest'
import { readAddress, SPECIAL_BLOCKS, specialBlockOf } from '../../src/domain/special-addresses.ts'

const blockOf = (text: string) => {
  const address = readAddress(text)
  return address === undefined ? 'no address' : specialBlockOf(address)?.cidr
}

/** The last address of each block, and of public ones those that lie next to a block. */
const EDGES: readonly (readonly [address: string, block: string | undefined])[] = [
  ['0.255.255.255', '0.0.0.0/8'],
  ['1.0.0.0', undefined],
  ['9.255.255.255', undefined],
  ['10.255.255.255', '10.0.0.0/8'],
  ['11.0.0.0', undefined],
  ['100.63.255.255', undefined],
  ['100.127.255.255', '100.64.0.0/10'],
  ['100.128.0.0', undefined],
  ['126.255.255.255', undefined],
  ['127.255.255.255', '127.0.0.0/8'],
  ['128.0.0.0', undefined],
  ['168.63.129.15', undefined],
  ['168.63.129.16', '168.63.129.16/32'],
  ['168.63.129.17', undefined],
  ['169.253.255.255', undefined],
  ['169.254.255.255', '169.254.0.0/16'],
  ['169.255.0.0', undefined],
  ['172.15.255.255', undefined],
  ['172.31.255.255', '172.16.0.0/12'],
  ['172.32.0.0', undefined],
  ['191.255.255.255', undefined],
  ['192.0.0.255', '192.0.0.0/24'],
  ['192.0.1.0', undefined],
  ['192.0.2.255', '192.0.2.0/24'],
  ['192.0.3.0', undefined],
  ['192.31.195.255', undefined],
  ['192.31.196.255', '192.31.196.0/24'],
  ['192.52.193.255', '192.52.193.0/24'],
  ['192.52.194.0', undefined],
  ['192.88.98.255', undefined],
  ['192.88.99.255', '192.88.99.0/24'],
  ['192.167.255.255', undefined],
  ['192.168.255.255', '192.168.0.0/16'],
  ['192.169.0.0', undefined],
  ['192.175.48.255', '192.175.48.0/24'],
  ['192.175.49.0', undefined],
  ['198.17.255.255', undefined],
  ['198.19.255.255', '198.18.0.0/15'],
  ['198.20.0.0', undefined],
  ['198.51.100.255', '198.51.100.0/24'],
  ['198.51.101.0', undefined],
  ['203.0.113.255', '203.0.113.0/24'],
  ['203.0.114.0', undefined],
  ['223.255.255.255', undefined],
  ['239.255.255.255', '224.0.0.0/4'],
  ['255.255.255.254', '240.0.0.0/4'],
  ['255.255.255.255', '255.255.255.255/32'],
  ['::', '::/128'],
  ['::1', '::1/128'],
  ['::ffff:ffff', '::/96'],
  ['::1:0:0', '::/3'],
  ['::fffe:ffff:ffff', '::/3'],
  ['::ffff:ffff:ffff', '::ffff:0:0/96'],
  ['::ffff:0:ffff:ffff', '::ffff:0:0:0/96'],
  ['64:ff9b::ffff:ffff', '64:ff9b::/96'],
  ['64:ff9b::1:0:0', '::/3'],
  ['64:ff9b:1:ffff:ffff:ffff:ffff:ffff', '64:ff9b:1::/48'],
  ['64:ff9b:2::', '::/3'],
  ['100::ffff:ffff:ffff:ffff', '100::/64'],
  ['100:0:0:1:ffff:ffff:ffff:ffff', '100:0:0:1::/64'],
  ['100:0:0:2::', '::/3'],
  ['1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '::/3'],
  ['2000::', undefined],
  ['2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff', undefined],
  ['2001:0:ffff:ffff:ffff:ffff:ffff:ffff', '2001::/32'],
  ['2001:1::', '2001::/23'],
  ['2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff', '2001::/23'],
  ['2001:200::', undefined],
  ['2001:db7:ffff:ffff:ffff:ffff:ffff:ffff', undefined],
  ['2001:db8:ffff:ffff:ffff:ffff:ffff:ffff', '2001:db8::/32'],
  ['2001:db9::', undefined],
  ['2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '2002::/16'],
  ['2003::', undefined],
  ['2620:4f:7fff:ffff:ffff:ffff:ffff:ffff', undefined],
  ['2620:4f:8000:ffff:ffff:ffff:ffff:ffff', '2620:4f:8000::/48'],
  ['2620:4f:8001::', undefined],
  ['2cff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', undefined],
  ['2dff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '2d00::/8'],
  ['2fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '2e00::/7'],
  ['3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '3000::/4'],
  ['3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff', '3fff::/20'],
  ['3fff:1000::', '3000::/4'],
  ['7fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '4000::/2'],
  ['5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '5f00::/16'],
  ['fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '8000::/1'],
  ['fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'fc00::/7'],
  ['fe7f:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '8000::/1'],
  ['febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'fe80::/10'],
  ['feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'fec0::/10'],
  ['ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'ff00::/8'],
]

describe('a block', () => {
  test.each(EDGES)('has its last address, and not the next: %s', (text, cidr) => {
    expect(blockOf(text)).toBe(cidr)
  })

  test('has its first address', () => {
    const firsts = SPECIAL_BLOCKS.map(({ cidr }) => cidr.replace(/\/\d+$/, ''))
    expect(firsts.filter((text) => blockOf(text) === undefined)).toEqual([])
  })

  test('has its line here', () => {
    const tried = new Set(EDGES.map(([, cidr]) => cidr))
    expect(SPECIAL_BLOCKS.map(({ cidr }) => cidr).filter((cidr) => !tried.has(cidr))).toEqual([])
  })
})

describe('an address is read', () => {
  test.each([
    ['127.1', '127.0.0.0/8'],
    ['0x7f000001', '127.0.0.0/8'],
    ['017700000001', '127.0.0.0/8'],
    ['2130706433', '127.0.0.0/8'],
    ['::FFFF:10.0.0.1', '::ffff:0:0/96'],
    ['0:0:0:0:0:0:0:1', '::1/128'],
    ['2001:4860:4860:0:0:0:0:8888', undefined],
  ])('in any spelling: %s', (text, cidr) => {
    expect(blockOf(text)).toBe(cidr)
  })

  test.each([
    '',
    '.',
    ':',
    'shop.test',
    'cafe.be',
    '1.2.3.4.5',
    '256.1.1.1',
    '4294967296',
    '[::1]',
    '::1%eth0',
    ':::1',
    '1::2::3',
    '12345::',
    '10.0.0.1/8',
    '10.0.0.1 ',
    '8.8.8.8@10.0.0.1',
  ])('and what is none is not: %j', (text) => {
    expect(blockOf(text)).toBe('no address')
  })
})
