/** One API call as its handlers see it: the body read, whether it came as JSON or as a form. */

import type { Account } from './account.ts'
import type { Books } from './books.ts'
import { invalidParameter, type Refusal } from './refusal.ts'

export type Fields = Readonly<Record<string, unknown>>

export interface Call {
  readonly books: Books
  readonly account: Account
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly fields: Fields
}

/** The envelope of a call that worked, apart from `status: true`. */
export interface Reply {
  message: string
  data: unknown
  meta?: unknown
}

export type Handler = (call: Call) => Reply | Refusal

export async function readFields(request: Request): Promise<Fields | Refusal> {
  const text = await request.text()
  if (text === '') return {}
  const type = request.headers.get('content-type') ?? ''
  if (type.startsWith('application/x-www-form-urlencoded')) return formFields(new URLSearchParams(text))
  try {
    const body: unknown = JSON.parse(text)
    if (isFields(body)) return body
  } catch {
    // Falls through: what is no JSON object is refused in one way.
  }
  return invalidParameter('Request body is not a valid JSON object')
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function formFields(form: URLSearchParams): Fields {
  const fields: Record<string, unknown> = {}
  for (const name of new Set(form.keys())) {
    const list = /^(\w+)\[\d*\]$/.exec(name)?.[1]
    fields[list ?? name] = list === undefined ? form.get(name) : form.getAll(name)
  }
  return fields
}

/** A text field; undefined when it is absent, null or empty. A number counts as its digits. */
export function textField(fields: Fields, name: string): string | undefined {
  const value = fields[name]
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value !== '' ? value : undefined
}

/**
 * An amount in subunits. `100`, `"100"` and `100.0` pass; `100.5` and `"100.50"` are no integers (observed). Undefined
 * when the field is absent.
 */
export function integerField(fields: Fields, name: string): number | undefined | Refusal {
  const value = fields[name]
  if (value === undefined || value === null || value === '') return undefined
  const number = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value
  return typeof number === 'number' && Number.isSafeInteger(number)
    ? number
    : invalidParameter(`"${name}" must be an integer`)
}
