/** A PaymentIntent as Stripe's API and its events show it, with every field of the pinned version. */
import type { Account } from './account.ts'
import type { Intent } from './charges.ts'
import { seconds } from './ids.ts'

export function intentWire(account: Account, intent: Intent) {
  const { session } = intent
  return {
    id: intent.id,
    object: 'payment_intent',
    allowed_payment_method_types: session.allowedMethodTypes,
    amount: intent.amount,
    amount_capturable: 0,
    amount_details: { tip: {} },
    amount_received: intent.amountReceived,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: null,
    canceled_at: intent.canceledAt && seconds(intent.canceledAt),
    cancellation_reason: intent.cancellationReason,
    capture_method: session.intentData.capture_method ?? 'automatic_async',
    client_secret: intent.clientSecret,
    confirmation_method: 'automatic',
    created: seconds(intent.createdAt),
    currency: intent.currency,
    customer: null,
    customer_account: null,
    description: session.intentData.description ?? null,
    excluded_payment_method_types: null,
    last_payment_error: lastPaymentError(intent),
    latest_charge: intent.latestCharge?.id ?? null,
    livemode: account.mode === 'live',
    managed_payments: null,
    metadata: intent.metadata,
    next_action: nextAction(intent),
    on_behalf_of: null,
    payment_method: intent.paymentMethodId,
    payment_method_configuration_details: null,
    payment_method_options: { card: { installments: null, network: null, request_three_d_secure: 'automatic' } },
    payment_method_types: session.methodTypes,
    payment_record: null,
    processing: intent.status === 'processing' && intent.latestCharge?.method.type === 'card' ? { type: 'card' } : null,
    receipt_email: session.intentData.receipt_email ?? null,
    review: null,
    setup_future_usage: null,
    shipping: null,
    source: null,
    statement_descriptor: session.intentData.statement_descriptor ?? null,
    statement_descriptor_suffix: session.intentData.statement_descriptor_suffix ?? null,
    status: intent.status,
    transfer_data: null,
    transfer_group: null,
  }
}

function lastPaymentError({ lastError, latestCharge }: Intent) {
  if (lastError === null) return null
  const { code, declineCode, message } = lastError.failure
  return {
    ...(lastError.chargeId !== null && { charge: lastError.chargeId }),
    code,
    ...(declineCode !== null && { decline_code: declineCode }),
    doc_url: docUrl(code),
    message,
    payment_method_type: latestCharge?.method.type ?? 'card',
    type: lastError.chargeId === null ? 'invalid_request_error' : 'card_error',
  }
}

/** Where Stripe explains an error's code. */
export function docUrl(code: string): string {
  return `https://docs.stripe.com/error-codes/${code.replaceAll('_', '-')}`
}

/** Checkout shows the bank's page by itself: the merchant has nothing to do. */
function nextAction({ challenge, id }: Intent) {
  if (challenge === null) return null
  return { type: 'use_stripe_sdk', use_stripe_sdk: { type: 'three_d_secure_redirect', stripe_js: `/3ds/${id}` } }
}
