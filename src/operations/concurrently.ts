/** Work on the outside, some at a time. */

import { LIMITS } from '../domain/limits.ts'

/** Does the work for every item, as many at once as a Worker has connections; the results come in no order. */
export async function concurrently<T, R>(items: Iterable<T>, work: (item: T) => Promise<R>): Promise<R[]> {
  const queue = items[Symbol.iterator]()
  const results: R[] = []
  const takeTurns = async () => {
    for (let next = queue.next(); !next.done; next = queue.next()) results.push(await work(next.value))
  }
  await Promise.all(Array.from({ length: LIMITS.concurrentCalls }, takeTurns))
  return results
}
