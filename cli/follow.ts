/** Events as they happen: asked for after the last number that was seen, so that none is missed and none comes twice. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Api } from './api.ts'
import { EVENTS_PATH, type Event, events, PAGE_MAX } from './event.ts'
import { Failure, Refusal } from './failure.ts'

/** How long the API may hold an empty answer back. */
const WAIT_SECONDS = 20

/** Between two questions where it does not. */
const POLL_EVERY_MS = 1_000

const RETRY_AFTER_MS_MAX = 30_000

/**
 * Every event after this number, for ever. What goes wrong with the API is told and tried again, once it was reached.
 * @throws Failure where it is not reached at first, or refuses for good; the signal's reason
 */
export async function* followEvents(
  api: Api,
  start: number,
  signal: AbortSignal,
  remark: (text: string) => void,
): AsyncGenerator<Event, never> {
  let after = start
  let mayWait = true
  let failures = 0
  let wasReached = false
  for (;;) {
    const askedAt = performance.now()
    // The first question tells at once whether the API is there.
    const waits = mayWait && wasReached
    const query = { after, limit: PAGE_MAX, wait: waits ? WAIT_SECONDS : undefined }
    try {
      const page = await api({ path: EVENTS_PATH, query, answer: events, waitMs: WAIT_SECONDS * 1_000, signal })
      const isFirst = !wasReached
      wasReached = true
      failures = 0
      yield* page.data
      after = page.next_after
      if (page.data.length > 0 || isFirst) continue
      await sleep(Math.max(0, POLL_EVERY_MS - (performance.now() - askedAt)), undefined, { signal })
    } catch (error) {
      if (waits && error instanceof Refusal && error.fields.includes('wait')) {
        // An API of an earlier version answers at once.
        mayWait = false
        continue
      }
      if (!wasReached || !mayPass(error)) throw error
      failures += 1
      const waitMs = retryAfterMs(error, failures)
      remark(`${error.message} Trying again in ${waitMs / 1_000} s.`)
      await sleep(waitMs, undefined, { signal })
    }
  }
}

function mayPass(error: unknown): error is Failure {
  if (error instanceof Refusal) return error.status >= 500 || error.status === 429
  return error instanceof Failure && error.code === 'unreachable'
}

/** What the API asked for; without that 1, 2, 4 … seconds. */
function retryAfterMs(error: Failure, failures: number): number {
  const asked = error instanceof Refusal ? error.retryAfterSeconds : undefined
  return Math.min(RETRY_AFTER_MS_MAX, (asked ?? 2 ** (failures - 1)) * 1_000)
}

/**
 * The number of the newest event, 0 before the first. Numbers have no gaps, so it is between a number that is there and
 * one that is not: a few dozen questions at most, however many events there are.
 */
export async function findNewest(api: Api, signal: AbortSignal): Promise<number> {
  const isThere = async (number: number): Promise<boolean> => {
    const query = { after: number - 1, limit: 1 }
    return (await api({ path: EVENTS_PATH, query, answer: events, signal })).data.length > 0
  }
  let there = 0
  let missing = 1
  while (await isThere(missing)) {
    there = missing
    missing *= 2
  }
  while (missing - there > 1) {
    const middle = there + Math.floor((missing - there) / 2)
    if (await isThere(middle)) there = middle
    else missing = middle
  }
  return there
}
