/** A part of a payment goes back. */
import { equal } from 'node:assert/strict'
import { z } from 'zod'
import type { Payment } from './payments.ts'
import type { Note } from './report.ts'
import type { Shop } from './shop.ts'
import { expectWebhook } from './webhooks.ts'

const REFUND = z.object({ id: z.string(), status: z.string(), amount: z.int(), currency: z.string() })
const TRANSACTION = z.object({ status: z.string(), amount_refunded: z.int() })

/** @param amount minor units; less than the payment's */
export async function refundPart(shop: Shop, payment: Payment, amount: number, note: Note): Promise<void> {
  const { api, accounts } = shop
  const path = `/api/v1/transactions/${payment.id}/`
  const asked = { amount, reason: 'One of three shirts came back' }
  const refund = await api.post(`${path}refunds/`, asked, REFUND)
  note(`${refund.id}, ${refund.status} at ${accounts[payment.takenBy].title}`)
  const { id } = refund
  const { currency } = payment
  await expectWebhook(shop, 'refund.succeeded', { id, status: 'succeeded', amount, currency }, note)
  const { status, amount_refunded } = await api.get(path, TRANSACTION)
  equal(status, 'succeeded')
  equal(amount_refunded, amount)
  note(`the payment stays ${status}, with ${amount_refunded} of ${payment.amount} minor units refunded`)
}
