/** The real time. Tests and simulators pass their own. */

import type { Clock } from '../operations/deps.ts'

export const systemClock: Clock = {
  now: () => new Date(),
  deadline: (ms) => AbortSignal.timeout(ms),
}

export function systemRandom(length: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(length))
}
