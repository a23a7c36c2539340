/**
 * What the URL of a merchant's endpoint has to be, so that a delivery reaches nothing but a public host. Asked when an
 * endpoint is saved and again before each delivery.
 */

import { LIMITS } from './limits.ts'
import { privateNameOf } from './private-names.ts'
import { type AddressBlock, readAddress, specialBlockOf } from './special-addresses.ts'

export type EndpointUrlReason =
  | 'too_long'
  | 'malformed'
  | 'credentials'
  | 'fragment'
  | 'scheme'
  | 'port'
  | 'private_address'
  | 'private_name'
  | 'not_a_public_name'
  | 'leads_to_private_address'

/** @property message says of the URL what is wrong, and never repeats a secret in it */
export interface EndpointUrlRefusal {
  ok: false
  reason: EndpointUrlReason
  message: string
}

/** @property name of the host, whose addresses are still to be judged; undefined where there is none to look up */
export type EndpointUrlVerdict = { ok: true; name: string | undefined } | EndpointUrlRefusal

/**
 * Judges what can be seen in the URL itself.
 * @param rules.allowLoopback lets plain http to this machine through: on the local platform only
 */
export function judgeEndpointUrl(text: string, rules: { allowLoopback: boolean }): EndpointUrlVerdict {
  if (text.length > LIMITS.webhookUrlLength) return tooLong
  if (!URL.canParse(text)) return refuse('malformed', 'is not an absolute URL')
  // Where parsers disagree about the host, they do so over these.
  if (/[\s\p{C}\\]/u.test(text)) return refuse('malformed', 'has a space, a backslash or an invisible character in it')
  const url = new URL(text)
  if (url.href.length > LIMITS.webhookUrlLength) return tooLong
  if (/^https?:(?!\/\/[^/])/i.test(text)) return refuse('malformed', 'does not have two slashes before its host')
  if (/^https?:\/\/[^/?#]*@/i.test(text)) return refuse('credentials', 'has a user name or a password in it')
  if (url.href.includes('#')) return refuse('fragment', 'has a fragment (#), which would never be sent')
  if (rules.allowLoopback && isLoopback(url)) return { ok: true, name: undefined }
  if (url.protocol !== 'https:') return refuse('scheme', 'does not begin with https://')
  if (!isOpenPort(url.port)) return refuse('port', `has port ${url.port}, which is not 443, 8443 or above 1024`)
  return judgeHost(url.hostname)
}

/** A URL that passed the judge, as the platform will send to it. */
export const asSent = (url: string): string => new URL(url).href

/** Judges what a name leads to: none of its addresses may be special. */
export function judgeAddresses(addresses: readonly string[]): EndpointUrlVerdict {
  for (const text of addresses) {
    const address = readAddress(text)
    if (address === undefined) return refuse('leads_to_private_address', 'has a name that leads to no address')
    const block = specialBlockOf(address)
    if (block !== undefined) return refuse('leads_to_private_address', `has a name that leads into ${describe(block)}`)
  }
  return { ok: true, name: undefined }
}

function isLoopback({ protocol, hostname }: URL): boolean {
  return protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname)
}

/** @param port empty for the scheme's own, which is 443 */
function isOpenPort(port: string): boolean {
  return port === '' || Number(port) > 1024
}

/** @param hostname as the URL parser writes it */
function judgeHost(hostname: string): EndpointUrlVerdict {
  const address = readAddress(hostname.replace(/^\[(.*)\]$/, '$1'))
  if (address !== undefined) {
    const block = specialBlockOf(address)
    return block === undefined
      ? { ok: true, name: undefined }
      : refuse('private_address', `goes to an address of ${describe(block)}`)
  }
  const name = hostname.replace(/\.$/, '')
  const known = privateNameOf(name)
  if (known !== undefined) {
    return refuse('private_name', `has a name that ends in ${known.name}, which is for ${known.use} (${known.source})`)
  }
  return isPublicName(name)
    ? { ok: true, name }
    : refuse('not_a_public_name', 'has no full host name of the public DNS, such as hooks.example.com')
}

const LABEL = /^[a-z\d_]([a-z\d_-]{0,61}[a-z\d_])?$/
const TOP_LABEL = /^([a-z]{2,63}|xn--[a-z\d-]{1,59})$/

/** Of two labels or more, of letters, digits and hyphens. A browser's URL takes nearly any character. */
function isPublicName(name: string): boolean {
  const labels = name.split('.')
  return (
    name.length <= 253 &&
    labels.length >= 2 &&
    labels.every((label) => LABEL.test(label)) &&
    TOP_LABEL.test(labels.at(-1) ?? '')
  )
}

const describe = ({ cidr, use, source }: AddressBlock): string => `${cidr}, which is for ${use} (${source})`

function refuse(reason: EndpointUrlReason, message: string): EndpointUrlRefusal {
  return { ok: false, reason, message }
}

const tooLong = refuse('too_long', `has over ${LIMITS.webhookUrlLength} characters as it would be sent`)
