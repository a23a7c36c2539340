/**
 * The owner of time. Whatever waits stands in one queue, ordered by the virtual moment at which it goes on; one thing goes
 * on at a time, and the next one only when everything that followed from it has come to rest. Nothing else may wait.
 */

export interface Scheduler {
  /** Milliseconds since 1970, virtual. */
  now(): number
  /** Something happens by itself, at that moment or now if that has passed. */
  at(moment: number, happen: () => unknown): void
  /** Goes on after so long. It never does where the task has died by then. */
  wait(task: Task, ms: number): Promise<void>
  /** As `wait`; rejects with the signal's reason once that aborts. */
  waitUnless(task: Task, ms: number, signal: AbortSignal): Promise<void>
  /** Aborts after so long, on the task's own clock. */
  deadline(task: Task, ms: number): AbortSignal
  /** Work that ends outside of this process: nothing goes on before it has. */
  outside<T>(work: Promise<T>): Promise<T>
  /** When the next thing happens; undefined where nothing will. */
  nextAt(): number | undefined
  /** Lets everything happen that is due up to this moment, and time with it. */
  runUntil(moment: number): Promise<void>
}

/** An invocation of a handler, or somebody outside. One that has died never goes on. */
export interface Task {
  readonly name: string
  isDead: boolean
}

interface Entry {
  at: number
  order: number
  task: Task | undefined
  happen: () => unknown
}

export function createScheduler(startsAt: number): Scheduler {
  let now = startsAt
  let order = 0
  const pending = new Set<Promise<unknown>>()
  const queue = new Heap()

  const push = (at: number, task: Task | undefined, happen: () => unknown) => {
    order += 1
    queue.push({ at: Math.max(at, now), order, task, happen })
  }

  const scheduler: Scheduler = {
    now: () => now,
    at: (moment, happen) => push(moment, undefined, happen),
    wait: (task, ms) => new Promise((resolve) => push(now + ms, task, resolve)),
    waitUnless: (task, ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason)
        const give = () => reject(signal.reason)
        signal.addEventListener('abort', give, { once: true })
        push(now + ms, task, () => {
          signal.removeEventListener('abort', give)
          resolve()
        })
      }),
    deadline(task, ms) {
      const controller = new AbortController()
      push(now + ms, task, () => controller.abort(new DOMException('The deadline has passed', 'TimeoutError')))
      return controller.signal
    },
    outside(work) {
      const settled = work.then(
        () => void pending.delete(settled),
        () => void pending.delete(settled),
      )
      pending.add(settled)
      return work
    },
    nextAt: () => queue.first?.at,
    async runUntil(moment) {
      // What was begun since the last time is under way.
      await rest(pending)
      for (let next = queue.first; next !== undefined && next.at <= moment; next = queue.first) {
        queue.pop()
        if (next.task?.isDead) continue
        now = Math.max(now, next.at)
        next.happen()
        await rest(pending)
      }
      now = Math.max(now, moment)
    },
  }
  return scheduler
}

/** Everything that runs by itself here takes turns of the event loop, and no thread: so many later all of it is done. */
const TURNS = 4

async function rest(pending: ReadonlySet<Promise<unknown>>): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) {
    await new Promise((resolve) => setImmediate(resolve))
    if (pending.size === 0) continue
    await Promise.all(pending)
    turn = -1
  }
}

/** A binary heap: the earliest entry first, and of two at one moment the one that was pushed first. */
class Heap {
  readonly #entries: Entry[] = []

  get first(): Entry | undefined {
    return this.#entries[0]
  }

  push(entry: Entry): void {
    const entries = this.#entries
    let place = entries.push(entry) - 1
    while (place > 0) {
      const parent = (place - 1) >> 1
      const above = entries[parent]
      if (above === undefined || isBefore(above, entry)) break
      entries[place] = above
      place = parent
    }
    entries[place] = entry
  }

  pop(): void {
    const entries = this.#entries
    const last = entries.pop()
    if (last === undefined || entries.length === 0) return
    let place = 0
    for (;;) {
      let child = place * 2 + 1
      const [left, right] = [entries[child], entries[child + 1]]
      if (left === undefined) break
      if (right !== undefined && isBefore(right, left)) child += 1
      const least = entries[child]
      if (least === undefined || isBefore(last, least)) break
      entries[place] = least
      place = child
    }
    entries[place] = last
  }
}

const isBefore = (one: Entry, other: Entry): boolean =>
  one.at < other.at || (one.at === other.at && one.order < other.order)
