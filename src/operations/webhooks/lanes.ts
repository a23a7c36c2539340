/**
 * The posts of a batch, some at a time: as many as a Worker has connections, and few to any one endpoint, so that a slow one
 * leaves room for the others. What an endpoint has not been sent when it fails is given back untried.
 */

import type { AttemptRecord } from '../../db/statements/deliveries.ts'
import { LIMITS } from '../../domain/limits.ts'
import type { Tried } from './deliver.ts'

export interface Run {
  /** Resolves when everything was tried or given back. */
  over: Promise<void>
  /** What is done and was not taken before. */
  take(): Tried[]
  /** How many are done. */
  done(): number
  /** Gives back what was not sent yet. */
  giveBack(): void
}

interface Post {
  id: string
  endpointId: string
}

export function inLanes<P extends Post>(posts: readonly P[], send: (post: P) => Promise<AttemptRecord | 'kept'>): Run {
  const waiting = [...posts]
  const underWay = new Map<string, number>()
  const failed = new Set<string>()
  const fresh: Tried[] = []
  let finished = 0
  let turn = Promise.withResolvers<void>()

  const count = (endpointId: string): number => underWay.get(endpointId) ?? 0
  const takeNext = (): P | undefined => {
    const index = waiting.findIndex(({ endpointId }) => count(endpointId) < LIMITS.deliveriesPerEndpointAtOnce)
    return index === -1 ? undefined : waiting.splice(index, 1)[0]
  }
  const finish = ({ id, endpointId }: P, made: Tried['made']): void => {
    fresh.push({ deliveryId: id, endpointId, made })
    finished += 1
    turn.resolve()
    turn = Promise.withResolvers<void>()
  }

  async function lane(): Promise<void> {
    while (waiting.length > 0) {
      const next = takeNext()
      // Everything that waits is for endpoints that are busy: one of them will be free.
      if (next === undefined) await turn.promise
      else if (failed.has(next.endpointId)) finish(next, 'given_back')
      else await post(next)
    }
  }

  async function post(next: P): Promise<void> {
    const { endpointId } = next
    underWay.set(endpointId, count(endpointId) + 1)
    const made = await send(next)
    underWay.set(endpointId, count(endpointId) - 1)
    if (made !== 'kept' && isUnreached(made)) failed.add(endpointId)
    finish(next, made)
  }

  const lanes = Array.from({ length: LIMITS.concurrentCalls }, lane)
  return {
    over: Promise.all(lanes).then(() => {}),
    take: () => fresh.splice(0),
    done: () => finished,
    giveBack() {
      for (const next of waiting.splice(0)) finish(next, 'given_back')
    },
  }
}

/** Nobody was there who could take it: the next one would not arrive either. */
export function isUnreached({ outcome, responseStatus }: AttemptRecord): boolean {
  if (outcome === 'timed_out' || outcome === 'unreachable') return true
  return responseStatus !== null && (responseStatus >= 500 || responseStatus === 429)
}
