/** A Charge as Stripe's API and its events show it, with every field of the pinned version. */
import type { Account } from './account.ts'
import type { Charge } from './charges.ts'
import { seconds } from './ids.ts'

export function chargeWire(account: Account, charge: Charge) {
  const paid = charge.status === 'succeeded'
  return {
    id: charge.id,
    object: 'charge',
    amount: charge.amount,
    amount_captured: charge.amountCaptured,
    amount_refunded: charge.amountRefunded,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: charge.balanceTransaction?.id ?? null,
    billing_details: billingDetails(charge),
    calculated_statement_descriptor: account.settings.businessName.toUpperCase().slice(0, 22),
    captured: paid,
    created: seconds(charge.createdAt),
    currency: charge.currency,
    customer: null,
    description: charge.intent.session.intentData.description ?? null,
    disputed: charge.disputed,
    failure_balance_transaction: null,
    failure_code: charge.failure?.code ?? null,
    failure_message: charge.failure?.message ?? null,
    fraud_details: {},
    livemode: account.mode === 'live',
    metadata: charge.metadata,
    on_behalf_of: null,
    outcome: outcome(charge),
    paid,
    payment_intent: charge.intent.id,
    payment_method: charge.paymentMethodId,
    payment_method_details: methodDetails(charge),
    receipt_email: null,
    receipt_number: null,
    receipt_url: paid ? `https://pay.stripe.example/receipts/${charge.id}` : null,
    refunded: paid && charge.amountRefunded >= charge.amountCaptured,
    review: null,
    shipping: null,
    source: null,
    source_transfer: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: charge.status,
    transfer_data: null,
    transfer_group: null,
  }
}

function billingDetails({ intent }: Charge) {
  const { payer, customerEmail } = intent.session
  return {
    address: { city: null, country: 'GH', line1: null, line2: null, postal_code: null, state: null },
    email: payer?.email ?? customerEmail,
    name: payer?.name ?? null,
    phone: null,
    tax_id: null,
  }
}

function outcome({ failure, method }: Charge) {
  const codes = { advice_code: null, network_advice_code: null, network_decline_code: null }
  const riskLevel = method.type === 'card' ? 'normal' : 'not_assessed'
  if (failure === null) {
    return {
      ...codes,
      network_status: 'approved_by_network',
      reason: null,
      risk_level: riskLevel,
      seller_message: 'Payment complete.',
      type: 'authorized',
    }
  }
  const reason = failure.declineCode ?? failure.code
  if (failure.blocked) {
    return {
      ...codes,
      network_status: 'not_sent_to_network',
      reason: 'highest_risk_level',
      risk_level: 'highest',
      seller_message: 'Stripe blocked this payment as too risky.',
      type: 'blocked',
    }
  }
  return {
    ...codes,
    network_status: 'declined_by_network',
    reason,
    risk_level: riskLevel,
    seller_message: `The bank returned the decline code \`${reason}\`.`,
    type: 'issuer_declined',
  }
}

function methodDetails(charge: Charge) {
  const { method, challenged, amount } = charge
  const last4 = method.id.slice(-4)
  if (method.type === 'sepa_debit') {
    const country = method.id.slice(0, 2)
    const details = { bank_code: '19043', branch_code: '', country, fingerprint: fingerprint(method.id), last4 }
    return { sepa_debit: { ...details, mandate: `mandate_${charge.id.slice(3)}` }, type: 'sepa_debit' }
  }
  const checks = { address_line1_check: null, address_postal_code_check: null, cvc_check: 'pass' }
  return {
    card: {
      amount_authorized: charge.status === 'succeeded' ? amount : null,
      authorization_code: null,
      brand: 'visa',
      checks: charge.failure?.code === 'incorrect_cvc' ? { ...checks, cvc_check: 'fail' } : checks,
      country: 'US',
      electronic_commerce_indicator: null,
      exp_month: 12,
      exp_year: 2031,
      fingerprint: fingerprint(method.id),
      funding: 'credit',
      installments: null,
      last4,
      mandate: null,
      network: 'visa',
      network_token: { used: false },
      network_transaction_id: null,
      regulated_status: 'unregulated',
      three_d_secure: challenged ? threeDSecure(charge) : null,
      transaction_link_id: null,
      wallet: null,
    },
    type: 'card',
  }
}

function threeDSecure(charge: Charge) {
  return {
    authentication_flow: 'challenge',
    electronic_commerce_indicator: '05',
    exemption_indicator: null,
    result: 'authenticated',
    result_reason: null,
    transaction_id: charge.id.slice(3),
    version: '2.2.0',
  }
}

/** The same for the same number, which it doesn't tell. */
function fingerprint(number: string): string {
  return `Fp${[...number].map((character) => String.fromCharCode(character.charCodeAt(0) + 33)).join('')}`
}
