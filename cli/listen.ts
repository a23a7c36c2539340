/** `paybridge listen`: test events come to a developer's machine as they happen, and go on where they stopped. */
import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import type { Api } from './api.ts'
import type { Cursor } from './cursor.ts'
import type { Event } from './event.ts'
import { misused } from './failure.ts'
import { findNewest, followEvents } from './follow.ts'
import { createForward, type Forwarded, readSecret } from './forward.ts'
import { type Output, paint } from './output.ts'

export interface ListenOptions {
  forwardTo: string
  /** Types, families (`refund.*`) or `*`; undefined for all. */
  types?: readonly string[] | undefined
  /** Begins after this number, whatever was seen before. */
  after?: number | undefined
  /** False begins with what happens from now on. */
  resume: boolean
  /** Undefined for one of its own, which it shows. */
  secret?: string | undefined
}

/** Until the signal. @throws its reason, and Failure */
export async function listen(
  api: Api,
  cursor: Cursor,
  output: Output,
  options: ListenOptions,
  signal: AbortSignal,
): Promise<never> {
  const { forwardTo, types } = options
  const secret = options.secret === undefined ? newSecret() : readSecret(options.secret)
  const forward = createForward(readUrl(forwardTo), secret)
  if (types !== undefined) await checkTypes(api, types)
  const after = options.after ?? (options.resume ? await cursor.read() : undefined) ?? (await findNewest(api, signal))
  await cursor.write(after)
  sayReady(output, options, after, secret)
  for await (const event of followEvents(api, after, signal, output.remark)) {
    if (wants(types, event.type)) sayForwarded(output, event, await forward(event, signal))
    await cursor.write(event.number)
  }
  throw new Error('events end only by an error')
}

const newSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`

function readUrl(text: string): string {
  if (/^https?:\/\//.test(text) && URL.canParse(text)) return text
  throw misused(`"${text}" is not an address to forward to: it begins with http:// or https://.`)
}

const catalogue = z.object({ data: z.array(z.object({ type: z.string() })) })

/** A type that is misspelled would be waited for in vain. */
async function checkTypes(api: Api, types: readonly string[]): Promise<void> {
  const { data } = await api({ path: '/api/v1/webhooks/event-types/', answer: catalogue })
  const known = data.map(({ type }) => type)
  const unknown = types.filter((wanted) => !known.some((type) => wants([wanted], type)))
  if (unknown.length === 0) return
  throw misused(
    `There is no event type ${unknown.join(', ')}. There are ${known.join(', ')}, a family such as refund.*, or *.`,
  )
}

function wants(types: readonly string[] | undefined, type: string): boolean {
  const [family] = type.split('.')
  return types === undefined || types.some((wanted) => wanted === type || wanted === `${family}.*` || wanted === '*')
}

function sayReady(output: Output, { forwardTo, secret: own }: ListenOptions, after: number, secret: string): void {
  const lines = [
    `Test events after number ${after} go to ${paint('bold', forwardTo)}. Ctrl-C ends it.`,
    ...(own === undefined ? [`They are signed with ${paint('bold', secret)}`] : []),
  ]
  const shown = own === undefined ? { secret } : {}
  output.result(lines.join('\n'), { object: 'listening', forward_to: forwardTo, after, ...shown })
}

function sayForwarded(output: Output, { id, number, type }: Event, forwarded: Forwarded): void {
  const { outcome, status, reason, durationMs } = forwarded
  const answer = status === null ? `${outcome.replace('_', ' ')} (${reason})` : String(status)
  const text = [
    paint('dim', String(number).padStart(6)),
    type.padEnd(24),
    id,
    paint(outcome === 'accepted' ? 'green' : 'red', answer),
    paint('dim', `${durationMs} ms`),
  ]
  output.result(text.join('  '), {
    object: 'forwarded',
    id,
    number,
    type,
    outcome,
    status,
    reason,
    duration_ms: durationMs,
  })
}
