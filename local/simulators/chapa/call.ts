/** One API call as its handlers see it: the body read, whether it came as JSON or as a form. */
import type { Account } from './account.ts'
import type { Books } from './books.ts'
import type { Refusal } from './refusal.ts'

export type Fields = Readonly<Record<string, unknown>>

export interface Call {
  readonly books: Books
  readonly account: Account
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly contentType: string
  readonly fields: Fields
}

/** The whole body of an answer that worked: not every one is an envelope. */
export type Reply = Readonly<Record<string, unknown>>

export type Handler = (call: Call) => Reply | Refusal

export function success(message: string, data: unknown): Reply {
  return { message, status: 'success', data }
}

/** What can't be read is as good as nothing sent: the validator then misses every field. */
export async function readFields(request: Request): Promise<Fields> {
  // Decoded by hand: workerd warns of a form that is read as a text.
  const text = new TextDecoder().decode(await request.arrayBuffer())
  if (contentTypeOf(request) === 'application/x-www-form-urlencoded') return formFields(new URLSearchParams(text))
  try {
    const body: unknown = JSON.parse(text)
    return isFields(body) ? body : {}
  } catch {
    return {}
  }
}

export function contentTypeOf(request: Request): string {
  const [type = ''] = (request.headers.get('content-type') ?? '').split(';')
  return type.trim().toLowerCase()
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** `meta[k]=v` becomes an object. */
function formFields(form: URLSearchParams): Fields {
  const fields: Record<string, unknown> = {}
  for (const [name, value] of form) {
    const [, outer, inner] = /^(\w+)\[(\w+)\]$/.exec(name) ?? []
    if (outer === undefined || inner === undefined) fields[name] = value
    else fields[outer] = { ...(isFields(fields[outer]) ? fields[outer] : {}), [inner]: value }
  }
  return fields
}

/** A text field; undefined when it is absent, null or empty. A number counts as its digits. */
export function textField(fields: Fields, name: string): string | undefined {
  const value = fields[name]
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value !== '' ? value : undefined
}
