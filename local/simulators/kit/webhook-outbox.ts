/**
 * Webhooks on their way to merchants: queued, mistreated as the faults say, tried when due, tried again as the
 * provider's schedule says until the merchant's answer is a success. It is also the log from which they can be sent again.
 */
import type { z } from 'zod'
import type { FaultBoard, webhookFaults } from './faults.ts'
import type { SimulatorWorld } from './world.ts'

export type WebhookFault = z.infer<(typeof webhookFaults)[number]>

export interface WebhookMessage {
  /** The account's secret key. */
  account: string
  event: string
  /** The id of the object that the event is about. */
  subject: string
  body: string
}

/** How one account's webhooks leave, asked at every try: a merchant may change the URL between two tries. */
export interface WebhookRoute {
  url: string
  headers: Record<string, string>
  /** How long to wait after each failed try; when it is used up, the event has failed. */
  retryAfterMs: readonly number[]
  /** Which answers of the merchant end the tries; 200 alone where the provider says nothing else. */
  isSuccess?: (responseCode: number) => boolean
}

export interface WebhookEntry extends WebhookMessage {
  id: number
  queuedAt: Date
  status: 'pending' | 'delivered' | 'failed'
  /** When the next try is due, while `pending`. */
  dueAt: Date
  tries: number
  /** Of the last try; null while there was none, or no answer. */
  responseCode: number | null
}

export interface WebhookOutbox {
  /** `queuedAt` is when it happened, which may lie behind the world's clock. */
  queue(message: WebhookMessage, queuedAt: Date): void
  /** Tries every due webhook once, oldest first. Returns how many tries it made. */
  deliverDue(): Promise<number>
  /** Makes an event of the log due at once, whatever became of it. */
  resend(entry: WebhookEntry): void
  /** Everything ever queued, oldest first. */
  readonly entries: readonly WebhookEntry[]
  nextDueAt(): Date | undefined
}

export function createWebhookOutbox(
  world: Pick<SimulatorWorld, 'now' | 'deliver'>,
  faults: Pick<FaultBoard<WebhookFault>, 'take'>,
  /** Undefined when the merchant has set no URL: the try then fails. */
  route: (message: WebhookMessage) => Promise<WebhookRoute | undefined>,
): WebhookOutbox {
  const entries: WebhookEntry[] = []
  // Those of the log that are still to be tried; `held` and `inFlight` are some of them.
  const pending = new Set<WebhookEntry>()
  const held = new Set<WebhookEntry>()
  const inFlight = new Set<WebhookEntry>()

  const add = (message: WebhookMessage, queuedAt: Date, dueAt: Date): WebhookEntry => {
    const id = entries.length + 1
    const entry: WebhookEntry = { ...message, id, queuedAt, status: 'pending', dueAt, tries: 0, responseCode: null }
    entries.push(entry)
    pending.add(entry)
    return entry
  }

  const settle = (entry: WebhookEntry, status: 'delivered' | 'failed'): void => {
    entry.status = status
    pending.delete(entry)
  }

  const due = () =>
    [...pending]
      .filter((entry) => entry.dueAt <= world.now() && !inFlight.has(entry))
      .sort((a, b) => a.dueAt.getTime() - b.dueAt.getTime() || Number(held.has(a)) - Number(held.has(b)) || a.id - b.id)

  const attempt = async (entry: WebhookEntry): Promise<void> => {
    const destination = await route(entry)
    entry.tries += 1
    entry.responseCode = destination ? await responseCode(world, destination, entry.body) : null
    const waitMs = destination?.retryAfterMs[entry.tries - 1]
    const isSuccess = destination?.isSuccess ?? ((code) => code === 200)
    if (entry.responseCode !== null && isSuccess(entry.responseCode)) settle(entry, 'delivered')
    else if (waitMs === undefined) settle(entry, 'failed')
    else entry.dueAt = new Date(world.now().getTime() + waitMs)
  }

  return {
    entries,
    queue(message, queuedAt) {
      const target = { account: message.account, operation: message.event }
      if (faults.take('webhook_lost', target)) {
        settle(add(message, queuedAt, queuedAt), 'failed')
        return
      }
      const waiting = [...held].filter((entry) => entry.account === message.account)
      const lateMs = faults.take('webhook_late', target)?.ms ?? 0
      const reordered = waiting.length === 0 ? faults.take('webhook_reordered', target) : undefined
      const entry = add(message, queuedAt, new Date(queuedAt.getTime() + lateMs + (reordered?.ms ?? 0)))
      if (reordered) held.add(entry)
      for (const earlier of waiting) earlier.dueAt = entry.dueAt
      const copies = faults.take('webhook_duplicate', target)?.copies ?? 0
      for (let copy = 0; copy < copies; copy++) add(message, queuedAt, entry.dueAt)
    },
    async deliverDue() {
      let tries = 0
      for (let [next] = due(); next !== undefined; [next] = due()) {
        inFlight.add(next)
        try {
          await attempt(next)
        } finally {
          inFlight.delete(next)
        }
        held.delete(next)
        tries += 1
      }
      return tries
    },
    resend(entry) {
      entry.status = 'pending'
      pending.add(entry)
      entry.tries = 0
      entry.dueAt = world.now()
    },
    // One that is being tried is due again only when that try has ended.
    nextDueAt: () => earliest([...pending].filter((entry) => !inFlight.has(entry)).map((entry) => entry.dueAt)),
  }
}

async function responseCode(
  world: Pick<SimulatorWorld, 'deliver'>,
  { url, headers }: WebhookRoute,
  body: string,
): Promise<number | null> {
  try {
    const response = await world.deliver(new Request(url, { method: 'POST', headers, body, redirect: 'manual' }))
    await response.body?.cancel()
    return response.status
  } catch {
    // A merchant who can't be reached is a failed try, and the schedule goes on.
    return null
  }
}

export function earliest(dates: readonly (Date | undefined)[]): Date | undefined {
  return dates.reduce(
    (first, date) => (first === undefined || (date !== undefined && date < first) ? date : first),
    undefined,
  )
}
