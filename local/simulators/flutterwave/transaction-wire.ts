/** The transaction as Flutterwave prints it: verified, listed (with ids as text) and in the two shapes of its webhook. */
import type { Account } from './account.ts'
import type { Books } from './books.ts'
import { linkOf } from './checkouts.ts'
import { major, majorOfTenths } from './money.ts'
import type { Transaction } from './transactions.ts'

/** A documentation address (RFC 5737): nobody's. */
const PAYER_IP = '203.0.113.7'
const FINGERPRINT = '9f1c2b7ad0e84c35b6f07d21c4a8e953'

/** `data` of verify. */
export function verifiedTransaction(books: Books, account: Account, transaction: Transaction) {
  return {
    id: transaction.id,
    ...commonFields(account, transaction),
    account_id: account.id,
    ...(transaction.method.group === 'card' && { card: { ...cardAnswer(transaction), token: tokenOf(transaction) } }),
    meta: metaAnswer(books, transaction),
    amount_settled: settledAnswer(transaction),
    customer: customerAnswer(transaction, 'N/A'),
  }
}

/** A row of the list. */
export function listedTransaction(account: Account, transaction: Transaction) {
  const { method, customer } = transaction
  return {
    id: String(transaction.id),
    ...commonFields(account, transaction),
    amount_settled: settledAnswer(transaction),
    ...(method.group === 'account' && { account: { nuban: '0690000031', bank: 'ACCESS BANK NIGERIA' } }),
    ...(method.group === 'card' && { card: cardAnswer(transaction) }),
    customer_name: customer.name,
    customer_email: customer.email,
    account_id: String(account.id),
  }
}

/** Shape A. `current` has the two keys that the recorded one lacks. */
export function chargeEvent(books: Books, account: Account, transaction: Transaction, shape: 'current' | 'plain') {
  const data = {
    id: transaction.id,
    ...commonFields(account, transaction),
    account_id: account.id,
    customer: customerAnswer(transaction, null),
    ...(transaction.method.group === 'card' && { card: cardAnswer(transaction) }),
  }
  const event = 'charge.completed'
  if (shape === 'plain') return { event, data }
  return { event, data, meta_data: metaAnswer(books, transaction), 'event.type': legacyEventType(transaction) }
}

/** Shape B: flat, and of other spellings. */
export function legacyChargeEvent(account: Account, transaction: Transaction) {
  const { customer, method, currency } = transaction
  const joinedAt = customer.createdAt.toISOString()
  return {
    id: transaction.id,
    txRef: transaction.txRef,
    flwRef: transaction.flwRef,
    orderRef: `URF_${transaction.createdAt.getTime()}_${transaction.id}`,
    paymentPlan: null,
    createdAt: transaction.createdAt.toISOString(),
    amount: major(transaction.amount, currency),
    charged_amount: major(transaction.charged, currency),
    status: transaction.status,
    IP: PAYER_IP,
    currency,
    customer: {
      id: customer.id,
      phone: customer.phone,
      fullName: customer.name,
      customertoken: null,
      email: customer.email,
      createdAt: joinedAt,
      updatedAt: joinedAt,
      deletedAt: null,
      AccountId: account.id,
    },
    entity:
      method.group === 'card' ? { card6: method.id.slice(0, 6), card_last4: method.id.slice(-4) } : { id: 'NO-ENTITY' },
    'event.type': legacyEventType(transaction),
  }
}

/** `data` of the timeline. */
export function eventsAnswer(account: Account, { history }: Transaction) {
  return history.map(({ note, at }) => ({
    note,
    actor: account.settings.businessName,
    object: 'transaction',
    action: 'update',
    context: 'checkout',
    created_at: at.toISOString(),
  }))
}

function commonFields(account: Account, transaction: Transaction) {
  const { currency, fee, method } = transaction
  return {
    tx_ref: transaction.txRef,
    flw_ref: transaction.flwRef,
    device_fingerprint: FINGERPRINT,
    amount: major(transaction.amount, currency),
    currency,
    charged_amount: major(transaction.charged, currency),
    app_fee: fee === null ? null : majorOfTenths(fee, currency),
    merchant_fee: 0,
    processor_response: transaction.processorResponse,
    auth_model: method.authModel,
    ip: PAYER_IP,
    narration: method.group === 'card' ? 'CARD Transaction ' : account.settings.businessName,
    status: transaction.status,
    payment_type: method.paymentType,
    created_at: transaction.createdAt.toISOString(),
  }
}

function settledAnswer({ settled, currency }: Transaction): number | null {
  return settled === null ? null : major(settled, currency)
}

/** With a key that the merchant never sent, as the page adds one (sheet, section 3). */
function metaAnswer(books: Books, { meta, checkout }: Transaction) {
  return meta === null || checkout === null ? meta : { __CheckoutInitAddress: linkOf(books, checkout), ...meta }
}

function customerAnswer({ customer }: Transaction, withoutPhone: 'N/A' | null) {
  return {
    id: customer.id,
    name: customer.name,
    phone_number: customer.phone ?? withoutPhone,
    email: customer.email,
    created_at: customer.createdAt.toISOString(),
  }
}

function cardAnswer({ method: { id } }: Transaction) {
  return {
    first_6digits: id.slice(0, 6),
    last_4digits: id.slice(-4),
    issuer: 'TEST BANK PLC CREDIT',
    country: 'NG',
    type: id.startsWith('4') ? 'VISA' : id.startsWith('506') ? 'VERVE' : 'MASTERCARD',
    expiry: '09/32',
  }
}

/** Of the form of a reusable payment token, which no merchant may keep. */
function tokenOf({ id }: Transaction): string {
  return `flw-t1nf-simulated-${id}`
}

function legacyEventType({ method }: Transaction): string {
  const source = method.group === 'mobile_money' ? method.paymentType : method.group
  return `${source.toUpperCase()}_TRANSACTION`
}
