/** After a commit: whoever waits for what it wrote is told. The sweep and the streams' own looking would find it, later. */

import type { Mode } from '../../domain/transaction.ts'
import type { Deps } from '../deps.ts'
import { nudgeDeliveries } from '../nudge.ts'

/** What a commit left to tell of a payment. */
export interface News {
  merchantId: string
  mode: Mode
  transactionId: string
  /** Of the payment's last event. */
  eventNumber: number
  /** What waits for its first try. */
  deliveryIds: string[]
}

/** Tells the merchant's streams, and hurries the deliveries along. */
export async function tell(deps: Deps, news: News): Promise<void> {
  const { merchantId, mode, transactionId, eventNumber, deliveryIds } = news
  deps.announce(merchantId, mode, { number: eventNumber, transactionId })
  await nudgeDeliveries(deps, deliveryIds)
}
