/** Queue messages: ids to work on at once. What fails is retried by the queue, then logged; the sweep has it anyway. */

import * as z from 'zod'
import { LIMITS } from '../domain/limits.ts'
import type { Deps } from '../operations/deps.ts'
import { followUpTransaction } from '../operations/payments/follow-up.ts'
import { applyProviderEvent } from '../operations/provider-events/apply.ts'
import { followUpRefunds } from '../operations/refunds/follow-up.ts'
import { reconcile } from '../operations/upkeep/reconcile.ts'
import { sweepDeliveries } from '../operations/upkeep/sweep-deliveries.ts'
import { deliverDue } from '../operations/webhooks/deliver.ts'

const JobSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('apply'), providerEventId: z.string() }),
  z.object({ kind: z.literal('deliver'), deliveryIds: z.array(z.string()) }),
  z.object({ kind: z.enum(['follow_up', 'follow_up_refunds']), transactionId: z.string() }),
  z.object({ kind: z.literal('reconcile') }),
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
      const { data } = job
      await settleMessages(deps, [message], () => work(deps, data))
    }
  }
  if (deliveries.length > 0) {
    const ids = deliveries.flatMap((delivery) => delivery.ids)
    // A message that names none is for whatever is due.
    const isForAll = deliveries.some((delivery) => delivery.ids.length === 0)
    await settleMessages(
      deps,
      deliveries.map(({ message }) => message),
      () => (isForAll ? sweepDeliveries(deps) : deliverAll(deps, ids)),
    )
  }
}

type Errand = Exclude<z.output<typeof JobSchema>, { kind: 'deliver' }>

function work(deps: Deps, job: Errand): Promise<unknown> {
  switch (job.kind) {
    case 'apply':
      return applyProviderEvent(deps, job.providerEventId)
    case 'follow_up':
      return followUpTransaction(deps, job.transactionId)
    case 'follow_up_refunds':
      return followUpRefunds(deps, job.transactionId)
    case 'reconcile':
      return reconcile(deps)
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
