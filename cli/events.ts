/** `paybridge events …`: what happened, one by one, and sent again. */
import { z } from 'zod'
import type { Api } from './api.ts'
import { EVENTS_PATH, type Event, event, events, PAGE_MAX } from './event.ts'
import { type Output, paint } from './output.ts'

export interface ListOptions {
  /** A number. */
  after: number
  type?: string | undefined
  /** How many at most. */
  limit: number
}

/** Oldest first. */
export async function listEvents(api: Api, output: Output, { after, type, limit }: ListOptions): Promise<void> {
  let seen = after
  for (let left = limit; left > 0; ) {
    const query = { after: seen, type, limit: Math.min(left, PAGE_MAX) }
    const page = await api({ path: EVENTS_PATH, query, answer: events })
    for (const one of page.data) output.result(lineOf(one), one)
    if (page.data.length < query.limit) {
      if (left === limit && page.data.length === 0) output.remark('There is none.')
      return
    }
    left -= page.data.length
    seen = page.next_after
  }
  output.remark(`There may be more: --after ${seen}`)
}

export async function getEvent(api: Api, output: Output, id: string): Promise<void> {
  const found = await api({ path: `${EVENTS_PATH}${encodeURIComponent(id)}/`, answer: event })
  output.result(JSON.stringify(found, null, 2), found)
}

const replay = z.looseObject({ scheduled: z.int() })

/** @param endpointId only there; undefined for every endpoint that wants it */
export async function resendEvent(api: Api, output: Output, id: string, endpointId: string | undefined): Promise<void> {
  const path = `${EVENTS_PATH}${encodeURIComponent(id)}/resend/`
  const body = endpointId === undefined ? {} : { endpoint_id: endpointId }
  const resent = await api({ path, body, answer: replay })
  const { scheduled } = resent
  output.result(`${id} goes to ${scheduled} ${scheduled === 1 ? 'endpoint' : 'endpoints'} again.`, resent)
}

function lineOf({ number, created_at, type, id, data }: Event): string {
  return [
    paint('dim', String(number).padStart(6)),
    created_at,
    paint(colourOf(type), type.padEnd(24)),
    id,
    paint('dim', data.id),
  ].join('  ')
}

function colourOf(type: string): 'green' | 'red' | 'cyan' {
  if (type.endsWith('.succeeded')) return 'green'
  return /\.(failed|failing|disabled|requires_\w+|duplicate_charge)$/.test(type) ? 'red' : 'cyan'
}
