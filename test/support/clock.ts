/** A clock that moves only when told to. Deadlines fire when it passes them, and sleeping moves it. */

import type { Clock } from '../../src/operations/deps.ts'

export interface FakeClock extends Clock {
  advance(ms: number): void
  /** Moves the clock until `ms` have passed or the signal aborts; then it rejects with the reason, as a real wait would. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

export function fakeClock(start: Date): FakeClock {
  let now = start.getTime()
  let deadlines: { at: number; controller: AbortController }[] = []

  function advance(ms: number): void {
    now += ms
    const passed = deadlines.filter(({ at }) => at <= now)
    deadlines = deadlines.filter(({ at }) => at > now)
    for (const { controller } of passed) controller.abort(new DOMException('The deadline has passed', 'TimeoutError'))
  }

  return {
    now: () => new Date(now),
    advance,
    deadline(ms) {
      const controller = new AbortController()
      deadlines.push({ at: now + ms, controller })
      return controller.signal
    },
    async sleep(ms, signal) {
      signal.throwIfAborted()
      const end = now + ms
      // From deadline to deadline, so that a call that hangs costs its caller's patience and no more.
      while (now < end) {
        const next = Math.min(end, ...deadlines.map(({ at }) => at))
        advance(next - now)
        signal.throwIfAborted()
      }
    },
  }
}
