/** A payment as operations handle it: a transaction, one attempt and the connection, with the credentials opened. */

import type { PaymentRow } from '../../db/statements/payments.ts'
import { type Currency, isCurrency } from '../../domain/currencies.ts'
import type { Asked } from '../../domain/verdict.ts'
import type { CheckoutRequest, Credentials, Provider } from '../../providers/contract.ts'
import { isProviderName, PROVIDERS } from '../../providers/registry.ts'
import { openCredentials } from '../account/credentials.ts'
import type { Deps } from '../deps.ts'

export interface Payment extends PaymentRow {
  currency: Currency
  gateway: Provider
  credentials: Credentials
}

/** The row with its provider's plug-in and its credentials. Throws where the row names what this code doesn't know. */
export async function openPayment(deps: Deps, row: PaymentRow): Promise<Payment> {
  const { provider, currency } = row
  if (!isProviderName(provider) || !isCurrency(currency))
    throw new Error(`attempt ${row.attemptId} is of no known kind`)
  const [credentials] = await openCredentials(deps, row.connection)
  if (credentials === undefined) throw new Error(`connection ${row.connection.id} has no credentials`)
  return { ...row, currency, gateway: PROVIDERS[provider], credentials }
}

/** What the provider was asked for, to compare its answers with. */
export function askedOf({ reference, amount, currency, mode }: Payment): Asked {
  return { reference, amount, currency, mode }
}

export function checkoutRequestOf(payment: Payment): CheckoutRequest {
  return {
    reference: payment.reference,
    amount: payment.amount,
    currency: payment.currency,
    customerEmail: payment.customerEmail,
    callbackUrl: payment.callbackUrl ?? undefined,
    metadata: { transaction_id: payment.transactionId, reference: payment.transactionReference },
  }
}
