/**
 * What a simulator will do by itself later: the next step of a refund, the deadline of a dispute. Whoever owns time runs
 * it; each act is told the moment it was due, so the result doesn't depend on how often anybody looks.
 */
export interface Agenda {
  schedule(at: Date, act: (at: Date) => void): void
  /** Runs what is due, in order of time, including what these acts schedule themselves. */
  runDue(now: Date): void
  nextAt(): Date | undefined
}

export function createAgenda(): Agenda {
  const items: { at: Date; act: (at: Date) => void }[] = []
  return {
    schedule(at, act) {
      const index = items.findIndex((item) => item.at > at)
      items.splice(index === -1 ? items.length : index, 0, { at, act })
    },
    runDue(now) {
      for (let next = items[0]; next !== undefined && next.at <= now; next = items[0]) {
        items.shift()
        next.act(next.at)
      }
    },
    nextAt: () => items[0]?.at,
  }
}
