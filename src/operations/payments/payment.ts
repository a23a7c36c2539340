/** A payment as operations handle it: a transaction, one attempt and the connection, with the credentials opened. */

import type { PaymentRow } from '../../db/statements/payments.ts'
import type { Route } from '../../db/statements/routing.ts'
import { type Currency, isCurrency } from '../../domain/currencies.ts'
import { fraction } from '../../domain/random.ts'
import type { Asked } from '../../domain/verdict.ts'
import { providersFor } from '../../providers/capable.ts'
import type { AttemptKnown, CheckoutRequest, Credentials, Provider } from '../../providers/contract.ts'
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

/** The attempt as its provider may know it. */
export function knownOf(payment: Payment): AttemptKnown {
  return {
    reference: payment.reference,
    amount: payment.amount,
    currency: payment.currency,
    checkoutId: payment.checkoutId ?? undefined,
    checkoutUrl: payment.checkoutUrl ?? undefined,
    providerTransactionId: payment.providerTransactionId ?? undefined,
    createdAt: payment.attemptCreatedAt,
    expiresAt: payment.expiresAt,
  }
}

/** What the provider is asked for: the same at every repeat, for it is made of what was written down. */
export function checkoutRequestOf(payment: Payment): CheckoutRequest {
  return {
    reference: payment.reference,
    amount: payment.amount,
    currency: payment.currency,
    customer: {
      email: payment.customerEmail,
      name: payment.customerName ?? undefined,
      phone: payment.customerPhone ?? undefined,
    },
    description: payment.description ?? undefined,
    callbackUrl: payment.callbackUrl ?? undefined,
    method: payment.method ?? undefined,
    metadata: { transaction_id: payment.transactionId, merchant_reference: payment.transactionReference },
    createdAt: payment.attemptCreatedAt,
    expiresAt: payment.expiresAt,
  }
}

/** By what the payment is routed, once more. */
export function routeFor(deps: Deps, payment: Payment): Route {
  const { amount, currency, country, method, onlyProvider } = payment
  const provider = onlyProvider !== null && isProviderName(onlyProvider) ? onlyProvider : undefined
  const capable = providersFor({
    money: { amount, currency },
    method: method ?? undefined,
    callbackUrl: payment.callbackUrl ?? undefined,
    provider,
  })
  const draw = fraction(deps.random)
  return { amount, currency, country, method, capable: capable.ok ? capable.value : [], draw }
}
