/** One API call as its handlers see it. */
import type { Account } from './account.ts'
import type { Books } from './books.ts'
import { invalid, type Refusal } from './refusal.ts'

export type Fields = Readonly<Record<string, unknown>>

export interface Call {
  readonly books: Books
  readonly account: Account
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly fields: Fields
}

/** The envelope of a call that worked, apart from `status: "success"`. */
export interface Reply {
  message: string
  data: unknown
  meta?: unknown
}

export type Handler = (call: Call) => Reply | Refusal

export async function readFields(request: Request): Promise<Fields | Refusal> {
  const text = await request.text()
  if (text === '') return {}
  try {
    const body: unknown = JSON.parse(text)
    if (isFields(body)) return body
  } catch {
    // Falls through: what is no JSON object is refused in one way.
  }
  return invalid('Request body is not a valid JSON object')
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A text field; undefined when it is absent, null or blank. A number counts as its digits. */
export function textField(fields: Fields, name: string): string | undefined {
  const value = fields[name]
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined
}

/** A whole number from zero on, sent as number or text; undefined when absent, null when it is anything else. */
export function countField(fields: Fields, name: string): number | undefined | null {
  const text = textField(fields, name)
  if (text === undefined) return undefined
  return /^\d{1,9}$/.test(text) ? Number(text) : null
}
