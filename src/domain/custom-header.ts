/** Headers that a merchant may have added to deliveries: never one that is ours, or that the transport reads. */

/** Ours, and those by which a request is framed, routed or authenticated on the way. */
const RESERVED =
  /^(content-.*|user-agent|webhook-.*|svix-.*|paybridge-.*|host|connection|keep-alive|transfer-encoding|te|trailer|upgrade|expect|via|forwarded|x-forwarded-.*|x-real-ip|cf-.*|cdn-loop|proxy-.*|sec-.*|cookie|date|accept-encoding)$/

/** RFC 9110, section 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9a-z-]{1,100}$/

/** Printable ASCII, without blanks at its ends: no line break can begin another header. */
const VALUE = /^[\x21-\x7e]([\x20-\x7e]{0,998}[\x21-\x7e])?$/

/** Why the header can't be sent; undefined where it can. @param name lower case */
export function whyNotSendable(name: string, value: string): string | undefined {
  if (!TOKEN.test(name)) return 'is not the name of a header'
  if (RESERVED.test(name)) return 'is a header that only PayBridge sets'
  return VALUE.test(value) ? undefined : 'is not 1 to 1000 printable ASCII characters'
}
