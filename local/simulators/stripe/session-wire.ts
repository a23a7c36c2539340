/** A Checkout Session as Stripe's API and its events show it, with every field of the pinned version. */
import type { Account } from './account.ts'
import type { Books } from './books.ts'
import { seconds } from './ids.ts'
import type { LineItem, Session } from './sessions.ts'

export function pageUrl(books: Books, session: Session): string {
  return `${books.baseUrl}/c/pay/${session.id}`
}

export function sessionWire(books: Books, account: Account, session: Session) {
  const taxes = { enabled: false, liability: null, provider: null, status: null }
  return {
    id: session.id,
    object: 'checkout.session',
    adaptive_pricing: { enabled: session.adaptivePricing },
    after_expiration: null,
    allow_promotion_codes: null,
    allowed_payment_method_types: session.allowedMethodTypes,
    amount_subtotal: session.amountTotal,
    amount_total: session.amountTotal,
    automatic_tax: taxes,
    billing_address_collection: null,
    cancel_url: session.cancelUrl,
    client_reference_id: session.clientReferenceId,
    client_secret: null,
    collected_information: session.payer && { business_name: null, individual_name: null, shipping_details: null },
    consent: null,
    consent_collection: null,
    created: seconds(session.createdAt),
    currency: session.currency,
    currency_conversion: null,
    custom_fields: [],
    custom_text: { after_submit: null, shipping_address: null, submit: null, terms_of_service_acceptance: null },
    customer: null,
    customer_account: null,
    customer_creation: 'if_required',
    customer_details: customerDetails(session),
    customer_email: session.customerEmail,
    discounts: [],
    expires_at: seconds(session.expiresAt),
    integration_identifier: null,
    invoice: null,
    invoice_creation: null,
    livemode: account.mode === 'live',
    locale: session.locale,
    managed_payments: { enabled: false },
    metadata: session.metadata,
    mode: 'payment',
    origin_context: null,
    payment_intent: session.intent?.id ?? null,
    payment_link: session.paymentLink,
    payment_method_collection: 'if_required',
    payment_method_configuration_details: null,
    payment_method_options: { card: { request_three_d_secure: 'automatic' } },
    payment_method_types: session.methodTypes,
    payment_status: session.paymentStatus,
    permissions: null,
    phone_number_collection: { enabled: false },
    recovered_from: null,
    saved_payment_method_options: null,
    setup_intent: null,
    shipping_address_collection: null,
    shipping_cost: null,
    shipping_options: [],
    status: session.status,
    submit_type: session.submitType,
    subscription: null,
    success_url: session.successUrl,
    total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
    ui_mode: 'hosted_page',
    url: session.status === 'open' ? `${pageUrl(books, session)}#${session.fragment}` : null,
    wallet_options: null,
  }
}

/** Null until something is known of the payer. */
function customerDetails({ payer, customerEmail }: Session) {
  const email = payer?.email ?? customerEmail
  if (email === null) return null
  const address = { city: null, country: 'GH', line1: null, line2: null, postal_code: null, state: null }
  return {
    address: payer && address,
    business_name: null,
    email,
    individual_name: null,
    name: payer?.name ?? null,
    phone: null,
    tax_exempt: payer && 'none',
    tax_ids: payer && [],
  }
}

export function lineItemWire(account: Account, session: Session, item: LineItem) {
  const amount = item.unitAmount * item.quantity
  return {
    id: item.id,
    object: 'item',
    adjustable_quantity: null,
    amount_discount: 0,
    amount_subtotal: amount,
    amount_tax: 0,
    amount_total: amount,
    currency: item.currency,
    description: item.name,
    metadata: {},
    price: {
      id: item.priceId,
      object: 'price',
      active: false,
      billing_scheme: 'per_unit',
      created: seconds(session.createdAt),
      currency: item.currency,
      custom_unit_amount: null,
      livemode: account.mode === 'live',
      lookup_key: null,
      metadata: {},
      nickname: null,
      product: item.productId,
      recurring: null,
      tax_behavior: 'unspecified',
      tiers_mode: null,
      transform_quantity: null,
      type: 'one_time',
      unit_amount: item.unitAmount,
      unit_amount_decimal: String(item.unitAmount),
    },
    quantity: item.quantity,
  }
}
