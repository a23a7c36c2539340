/**
 * Records what an operation asks of the outside at the real Worker, for the floor to play it back, and compares the two: as
 * many round trips, the same statements, as many rows.
 */
import { isDeepStrictEqual } from 'node:util'
import { newId } from '../../src/domain/ids.ts'
import type { Call, Recording, Step, Template } from '../floor/recording.ts'
import type { Outside } from '../platform/outside.ts'
import type { Traced } from '../platform/trace.ts'
import { perform, type Target } from './fire.ts'
import type { Operation } from './operations.ts'
import { type Shop, TRIAL_ITEMS } from './seed.ts'

/** What an operation asks for, whatever the ids are. */
export type Gist = readonly (
  | { role: string; statements: { query: string; rows: number | null }[] }
  | { method: string; bodyLength: number }
)[]

/** An operation as the Worker did it, and as the floor played it back. */
export interface Rehearsal {
  recording: Recording
  worker: Gist
  floor: Gist
}

export async function record(outside: Outside, worker: Target, operation: Operation, shop: Shop) {
  // What an isolate keeps is warm when it is measured.
  await perform(worker, operation, shop, TRIAL_ITEMS.warm)
  const startedAt = Date.now()
  let answer: Recording['answer']
  const trace = await outside.watch(async () => {
    answer = await perform(worker, operation, shop, TRIAL_ITEMS.recorded)
  })
  return { recording: recordingOf(trace, startedAt, answer), worker: gistOf(trace) }
}

export async function playBack(outside: Outside, floor: Target, operation: Operation, shop: Shop): Promise<Gist> {
  return gistOf(await outside.watch(() => perform(floor, operation, shop, TRIAL_ITEMS.checked)))
}

/** Calls of one step come in any order, and are alike. */
function gistOf(trace: readonly Traced[]): Gist {
  return trace.map((asked) =>
    asked.kind === 'batch'
      ? { role: asked.role, statements: asked.statements.map(({ query, rows }) => ({ query, rows })) }
      : { method: asked.method, bodyLength: asked.body.length },
  )
}

/** @throws where the floor does anything else than the Worker: fewer statements, say, or rows that it did not find */
export function mustAgree(rehearsals: ReadonlyMap<string, Rehearsal>): void {
  for (const [name, { worker, floor }] of rehearsals) {
    if (isDeepStrictEqual(worker, floor)) continue
    throw new Error(`The floor's ${name} is not the Worker's:\n${JSON.stringify({ worker, floor }, null, 2)}`)
  }
}

export const roundTripsOf = ({ steps }: Recording): number => steps.filter(({ kind }) => kind === 'batch').length

function recordingOf(trace: readonly Traced[], startedAt: number, answer: Recording['answer']): Recording {
  const toTemplate = templates(startedAt)
  const steps: Step[] = []
  for (const asked of trace) {
    if (asked.kind === 'batch') {
      const statements = asked.statements.map(({ query, params }) => ({
        query,
        params: params.map((param) => (param === null ? null : toTemplate.cut(param))),
      }))
      steps.push({ kind: 'batch', role: asked.role, statements })
      continue
    }
    const headers = Object.entries(asked.headers).map(([name, value]) => [name, toTemplate.cut(value)] as const)
    const call: Call = {
      method: asked.method,
      url: toTemplate.cut(asked.url),
      headers: Object.fromEntries(headers),
      body: asked.method === 'GET' ? null : toTemplate.cut(asked.body),
    }
    const last = steps.at(-1)
    if (last?.kind === 'calls') steps[steps.length - 1] = { kind: 'calls', calls: [...last.calls, call] }
    else steps.push({ kind: 'calls', calls: [call] })
  }
  return { steps, fresh: toTemplate.fresh(), ...(answer === undefined ? {} : { answer }) }
}

const TIME = String.raw`\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z`
// Not in the middle of a longer word, such as a hash.
const ULID = '(?<![0-9a-z])[0-7][0-9a-hjkmnp-tv-z]{25}(?![0-9a-z])'
const HOLE = new RegExp(`(${TIME}|${ULID}|${TRIAL_ITEMS.recorded})`)

/** Cuts texts into templates: what is new since `startedAt`, or names the item, becomes a hole. */
function templates(startedAt: number) {
  const made: string[] = []
  const firstId = newId('req', startedAt, (length) => new Uint8Array(length)).slice('req_'.length)
  function cutOne(part: string): Template {
    if (part.endsWith(TRIAL_ITEMS.recorded)) return [part.slice(0, -TRIAL_ITEMS.recorded.length), { hole: 'item' }]
    if (part.endsWith('Z')) {
      const at = Date.parse(part) - startedAt
      return [at < 0 ? part : { hole: 'time', at }]
    }
    if (part < firstId) return [part]
    if (!made.includes(part)) made.push(part)
    return [{ hole: 'fresh', index: made.indexOf(part) }]
  }
  return {
    fresh: () => made.length,
    // What the expression matched stands at the odd places.
    cut: (text: string): Template =>
      text.split(HOLE).flatMap((part, at): Template => (at % 2 === 0 ? [part] : cutOne(part))),
  }
}
