/** What the merchant is told: each webhook is verified as a stranger would, with the package that Standard Webhooks publishes. */
import { deepEqual, equal, notEqual, throws } from 'node:assert/strict'
import { Webhook } from 'standardwebhooks'
import { z } from 'zod'
import type { Note } from './report.ts'
import type { Shop } from './shop.ts'

const WEBHOOK_WITHIN_MS = 20_000

/** What it is about: a payment or a refund. */
const SUBJECT = z.object({ id: z.string(), status: z.string(), amount: z.int(), currency: z.string() })
export type Subject = z.infer<typeof SUBJECT>

const EVENT = z.object({ type: z.string(), data: SUBJECT })

/** Waits for the event that tells this; says so once its signature holds. */
export async function expectWebhook(
  { receiver, endpoint, stream }: Shop,
  type: string,
  told: Subject,
  note: Note,
): Promise<void> {
  const isIt = (body: string): boolean => {
    const event = EVENT.safeParse(JSON.parse(body)).data
    return event?.type === type && event.data.id === told.id
  }
  const { headers, body } = await receiver.webhook((webhook) => isIt(webhook.body), WEBHOOK_WITHIN_MS)
  const webhook = new Webhook(endpoint.secret)
  deepEqual(EVENT.parse(webhook.verify(body, headers)).data, told)
  const forged = body.replace(new RegExp(`("amount": *)${told.amount}`), `$1${told.amount + 1}`)
  notEqual(forged, body)
  throws(() => webhook.verify(forged, headers), 'A forged body passes for a signed one')
  note(`${type} ${headers['webhook-id']}: its signature holds, and not over another amount`)
  const streamed = await stream.event(String(headers['webhook-id']), WEBHOOK_WITHIN_MS)
  equal(streamed.type, type)
  note(`the live stream told of it, too, as number ${streamed.number}`)
}
