/**
 * Looks for secrets where none may stand, in all that a test file says to the outside: log lines, errors, answers, URLs,
 * SQL, messages. What has a form of its own is known by it; what a merchant chooses freely is kept when it is sent to us.
 * `secrets-hooks.ts` fails the test during which one is found, and `secrets-at-rest.ts` looks into every database in the
 * end.
 */

/**
 * As `crypto/` makes them; JWTs; what providers give their merchants; a password in a URL. In the middle of a longer word,
 * such as the thousands of sealed values in a database, some letters look like one by chance.
 */
const FORM = new RegExp(
  `(?<![A-Za-z0-9_-])(?:${[
    /pb_(?:test|live)_[0-9A-Za-z]{49}/,
    /pb[rt]_[0-9A-Za-z]{49}/,
    /eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,}/,
    /whsec_[A-Za-z0-9+/]{16,}=*/,
    /[rs]k_(?:test|live)_[A-Za-z0-9]{16,}/,
    /(?:FLWSECK|CHASECK)[A-Z_]*-[A-Za-z0-9]{16,}(?:-X)?/,
    /postgres(?:ql)?:\/\/[^/\s:@]+:[^/\s@]+@/,
  ]
    .map(({ source }) => source)
    .join('|')})`,
)

/** A shorter word stands in other texts by chance. */
const LENGTH_MIN = 10

/** Where a secret stands in the text: its surroundings without itself. Undefined where there is none. */
export function findSecret(text: string, values: Iterable<string>): string | undefined {
  const formed = FORM.exec(text)
  if (formed !== null) return around(text, formed.index, formed[0])
  for (const value of values) {
    const at = text.indexOf(value)
    if (at >= 0) return around(text, at, value)
  }
  return undefined
}

const around = (text: string, at: number, secret: string): string =>
  text.slice(Math.max(0, at - 80), at + secret.length + 40).replaceAll(secret, '[a secret]')

const kept = new Set<string>()
const found: string[] = []

/** The secrets without a form that this file's tests have used so far. */
export const keptSecrets = (): ReadonlySet<string> => kept

/** From here on this must stand nowhere. */
export function keepSecret(value: unknown): void {
  if (typeof value === 'string' && value.length >= LENGTH_MIN) kept.add(value)
}

/** Keeps what is secret in the body of a request, by the names of the API's fields. */
export function keepSecretsOf(body: unknown): void {
  if (typeof body !== 'object' || body === null) return
  if ('password' in body) keepSecret(body.password)
  for (const field of ['credentials', 'custom_headers']) {
    const values: unknown = Object.entries(body).find(([name]) => name === field)?.[1]
    if (typeof values === 'object' && values !== null) Object.values(values).forEach(keepSecret)
  }
}

/** Takes note of what was said, and where. */
export function hear(place: string, text: string): void {
  const where = findSecret(text, kept)
  if (where !== undefined) found.push(`${place}: …${where}…`)
}

/** Takes note of an error, of what caused it, and of where it came from. */
export function hearError(error: unknown): void {
  hear('an error', error instanceof Error ? `${error.message} ${error.stack ?? ''}` : String(error))
  if (error instanceof Error && error.cause !== undefined) hearError(error.cause)
}

/** What an answer may hold, for it is shown once: the fields, by method and path. */
const SHOWN_ONCE: readonly [route: RegExp, fields: readonly string[]][] = [
  [/^POST \/api\/v1\/api-keys\/(\w+\/rotate\/)?$/, ['key']],
  [/^POST \/api\/v1\/webhooks\/(\w+\/rotate_secret\/)?$/, ['secret']],
  [/^POST \/api\/v1\/auth\/token\/(refresh\/)?$/, ['access', 'refresh']],
  [/^POST \/api\/v1\/(events|transactions\/\w+)\/stream-ticket\/$/, ['ticket', 'url']],
]
/** Written by us, with examples of secrets in them. */
const DOCUMENTATION = /^GET \/api\/(schema|docs)\//

/** Takes note of what was answered. Of a WebSocket there is nothing yet. */
export async function hearAnswer(request: Request, response: Response): Promise<void> {
  const { pathname, search } = new URL(request.url)
  const route = `${request.method} ${pathname.replace(/\/?$/, '/')}`
  // A browser opens a socket with nothing but a URL: so a ticket is good once, and for seconds.
  if (pathname !== '/api/v1/events/stream/') hear('the URL of a request', `${pathname}${search}`)
  hear(`a header of the answer to ${route}`, [...response.headers].join('\n'))
  if (response.status === 101 || DOCUMENTATION.test(route)) return
  const text = await response.clone().text()
  const [, fields] = SHOWN_ONCE.find(([pattern]) => response.ok && pattern.test(route)) ?? []
  hear(`the answer to ${route}`, fields === undefined ? text : without(text, fields))
}

function without(json: string, fields: readonly string[]): string {
  return JSON.stringify(JSON.parse(json), (name, value) => (fields.includes(name) ? undefined : value))
}

/** Takes note of a request that leaves. @param mayHold headers that are there to carry a secret */
export async function hearRequest(
  place: string,
  request: Request,
  mayHold: (header: string) => boolean,
): Promise<void> {
  const headers = [...request.headers].filter(([name]) => !mayHold(name))
  hear(place, [request.url, ...headers, await request.clone().text()].join('\n'))
}

/** What was found since it was last asked. */
export const takeFindings = (): string[] => found.splice(0)
