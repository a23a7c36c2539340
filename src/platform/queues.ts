/** Queue messages: ids to work on at once. What fails is retried by the queue, then logged; the sweep has it anyway. */

import { z } from 'zod'
import { LIMITS } from '../domain/limits.ts'
import type { Deps } from '../operations/deps.ts'
import { applyProviderEvent } from '../operations/provider-events/apply.ts'
import { deliverDue } from '../operations/webhooks/deliver.ts'

const JobSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('apply'), providerEventId: z.string() }),
  z.object({ kind: z.literal('deliver'), deliveryIds: z.array(z.string()) }),
])

const DEAD_LETTERS = 'paybridge-dead-letters'

/** Works through a batch; each message is acknowledged, or sent back, by itself. */
export async function consume(deps: Deps, batch: MessageBatch): Promise<void> {
  if (batch.queue === DEAD_LETTERS) return bury(deps, batch)
  const deliveries: { message: Message; ids: string[] }[] = []
  for (const message of batch.messages) {
    const job = JobSchema.safeParse(message.body)
    if (!job.success) {
      deps.log.error('job_malformed', new Error('a queue message is of no known kind'), { message_id: message.id })
      message.ack()
    } else if (job.data.kind === 'deliver') {
      deliveries.push({ message, ids: job.data.deliveryIds })
    } else {
      const { providerEventId } = job.data
      await settleMessages(deps, [message], () => applyProviderEvent(deps, providerEventId))
    }
  }
  if (deliveries.length > 0) {
    const ids = deliveries.flatMap((delivery) => delivery.ids)
    await settleMessages(
      deps,
      deliveries.map(({ message }) => message),
      () => deliverAll(deps, ids),
    )
  }
}

/** As many at a time as one batch takes. */
async function deliverAll(deps: Deps, ids: string[]): Promise<void> {
  for (let from = 0; from < ids.length; from += LIMITS.deliveriesPerBatch) {
    await deliverDue(deps, ids.slice(from, from + LIMITS.deliveriesPerBatch))
  }
}

async function settleMessages(deps: Deps, messages: Message[], work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
    for (const message of messages) message.ack()
  } catch (error) {
    deps.log.error('job_failed', error, { attempts: messages[0]?.attempts })
    for (const message of messages) message.retry()
  }
}

/** Three tries failed. The row is in Postgres, and its schedule goes on: here somebody is told. */
function bury(deps: Deps, batch: MessageBatch): void {
  for (const message of batch.messages) {
    deps.log.error('job_dead', new Error('a queue message failed on every try'), { job: message.body })
    message.ack()
  }
}
