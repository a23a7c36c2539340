/** Reads a JSON body: bounded, well-formed, and free of what Postgres can't store. */

import { LIMITS } from '../domain/limits.ts'
import { done, type FieldError, type Outcome, refused } from '../domain/problem.ts'

/**
 * The parsed body; undefined where none was sent.
 * Refuses other content types, more than 1 MiB (whatever Content-Length says), broken JSON, NUL characters, lone
 * surrogates and nesting beyond the limit.
 */
export async function readJsonBody(request: Request): Promise<Outcome<unknown>> {
  const read = await readBytes(request)
  if (!read.ok) return read
  if (read.value.byteLength === 0) return done(undefined)
  const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/json') return refused('content_type_unsupported')
  let body: unknown
  try {
    body = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(read.value))
  } catch {
    return refused('body_malformed')
  }
  const error = findUnstorable(body, '', 0)
  return error === undefined ? done(body) : refused('validation_failed', { errors: [error] })
}

/** The body's bytes: all at once where the platform has seen to it that they are as many as announced, else cut off. */
export async function readBytes(request: Request): Promise<Outcome<Uint8Array<ArrayBuffer>>> {
  if (request.body === null) return done(new Uint8Array())
  const announced = request.headers.get('content-length')
  if (announced === null) return readUnannounced(request.body)
  if (Number(announced) > LIMITS.bodyBytes) return refused('body_too_large')
  const bytes = new Uint8Array(await request.arrayBuffer())
  return bytes.byteLength > LIMITS.bodyBytes ? refused('body_too_large') : done(bytes)
}

/** Cut off as soon as they are too many. */
async function readUnannounced(body: ReadableStream<Uint8Array>): Promise<Outcome<Uint8Array<ArrayBuffer>>> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body) {
    length += chunk.byteLength
    if (length > LIMITS.bodyBytes) return refused('body_too_large')
    chunks.push(chunk)
  }
  const bytes = new Uint8Array(length)
  let offset = 0
  for (const chunk of chunks) {
    bytes.set(chunk, offset)
    offset += chunk.byteLength
  }
  return done(bytes)
}

function findUnstorable(value: unknown, path: string, depth: number): FieldError | undefined {
  const field = path === '' ? 'body' : path
  if (depth > LIMITS.jsonDepth) return { field, message: `is nested more than ${LIMITS.jsonDepth} levels deep` }
  if (typeof value === 'string') return unstorableText(value, field)
  if (value === null || typeof value !== 'object') return undefined
  for (const [name, member] of Object.entries(value)) {
    const error =
      unstorableText(name, field) ?? findUnstorable(member, path === '' ? name : `${path}.${name}`, depth + 1)
    if (error !== undefined) return error
  }
  return undefined
}

function unstorableText(text: string, field: string): FieldError | undefined {
  if (text.includes('\0')) return { field, message: 'contains a NUL character' }
  return text.isWellFormed() ? undefined : { field, message: 'contains half of a surrogate pair' }
}
