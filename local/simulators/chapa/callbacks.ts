/** The GET that Chapa sends to a payment's `callback_url`: unsigned, sent once, whatever is answered (sheet, section 9). */
import type { FaultBoard } from '../kit/faults.ts'
import { earliest } from '../kit/webhook-outbox.ts'
import type { SimulatorWorld } from '../kit/world.ts'
import type { ChapaFault } from './faults.ts'

export interface CallbackQueue {
  /** @param account the account's secret key */
  queue(account: string, url: string, at: Date): void
  /** Sends what is due, in the order of its time. Returns how many it sent. */
  deliverDue(): Promise<number>
  nextDueAt(): Date | undefined
}

export function createCallbackQueue(
  world: Pick<SimulatorWorld, 'now' | 'deliver'>,
  faults: Pick<FaultBoard<ChapaFault>, 'take'>,
): CallbackQueue {
  let waiting: { url: string; dueAt: Date }[] = []
  return {
    queue(account, url, at) {
      const target = { account, operation: 'callback' }
      if (faults.take('callback_lost', target)) return
      const lateMs = faults.take('callback_late', target)?.ms ?? 0
      waiting.push({ url, dueAt: new Date(at.getTime() + lateMs) })
      waiting.sort((a, b) => a.dueAt.getTime() - b.dueAt.getTime())
    },
    async deliverDue() {
      const due = waiting.filter(({ dueAt }) => dueAt <= world.now())
      waiting = waiting.filter((callback) => !due.includes(callback))
      for (const { url } of due) await get(world, url)
      return due.length
    },
    nextDueAt: () => earliest(waiting.map(({ dueAt }) => dueAt)),
  }
}

async function get(world: Pick<SimulatorWorld, 'deliver'>, url: string): Promise<void> {
  try {
    const response = await world.deliver(new Request(url, { redirect: 'manual' }))
    await response.body?.cancel()
  } catch {
    // Nobody tells Chapa whether it arrived, and it doesn't come again.
  }
}
