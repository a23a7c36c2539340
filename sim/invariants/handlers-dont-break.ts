/** No handler breaks by itself: whatever it logs as an error was brought about by a fault. */

import type { Facts } from './facts.ts'

/** What a handler may say when the database or the queue is not reached, or somebody else was faster. */
const EXPECTED = [
  /DatabaseError: Error connecting to database: TypeError: the (database is not reached|answer of the database is lost)/,
  /Error: the queue is down/,
  /a queue message failed on every try/,
]

export function handlersDontBreak({ load }: Facts): string[] {
  return load.platform.errors.filter((line) => !EXPECTED.some((pattern) => pattern.test(line)))
}
