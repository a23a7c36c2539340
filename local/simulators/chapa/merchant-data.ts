/** What a merchant looks up: currencies, banks, balances, and the list of payments page by page. */
import type { Account } from './account.ts'
import { amountNumber, CURRENCIES } from './money.ts'
import { isPaid, type Payment } from './payment.ts'
import { listedPayment } from './payment-wire.ts'
import { refundedCents } from './refunds.ts'

/** `GET /v1/currency_supported`: no envelope. */
export const SUPPORTED_CURRENCIES = {
  status: 'success',
  currency_code: CURRENCIES.map((_currency, index) => index + 1),
  currency_name: [...CURRENCIES],
}

interface Bank {
  id: number
  slug: string
  swift: string
  name: string
  acct_length: number
  country_id: number
  is_mobilemoney: 0 | 1 | null
  is_active: 0 | 1
  is_24hrs: 0 | 1 | null
  can_process_payouts: 0 | 1
  currency: 'ETB'
}

const bank = (id: number, slug: string, name: string, change: Partial<Bank> = {}): Bank => ({
  id,
  slug,
  swift: slug.slice(0, 8).toUpperCase(),
  name,
  acct_length: 13,
  country_id: 1,
  is_mobilemoney: 0,
  is_active: 1,
  is_24hrs: 0,
  can_process_payouts: 1,
  currency: 'ETB',
  ...change,
})

/** Of these only telebirr exists. The flags are 0, 1 or null, as in the recorded list. */
export const BANKS: readonly Bank[] = [
  bank(9101, 'tana_bank', 'Bank of Lake Tana'),
  bank(9102, 'simien_bank', 'Simien Bank', { acct_length: 16, is_mobilemoney: null }),
  bank(9103, 'abay_wallet', 'Abay Wallet', { acct_length: 12, is_mobilemoney: 1, is_24hrs: null }),
  bank(855, 'telebirr', 'telebirr', { acct_length: 10, is_mobilemoney: 1, is_24hrs: 1 }),
]

/** What is left of paid charges after Chapa's fee, which a refund doesn't bring back. */
export function balances(account: Account) {
  return CURRENCIES.map((currency) => {
    const balance = account.payments
      .filter((payment) => isPaid(payment) && payment.currency === currency)
      .reduce((sum, payment) => sum + earnedCents(account, payment), 0)
    const [sign, cents] = balance < 0 ? [-1, -balance] : [1, balance]
    const shown = sign * amountNumber(cents)
    return { currency, available_balance: shown, ledger_balance: shown }
  })
}

function earnedCents(account: Account, payment: Payment): number {
  const kept = payment.status === 'reversed' ? 0 : payment.amount - refundedCents(account, payment)
  return kept - (payment.charge ?? 0)
}

const PER_PAGE = 10

/** `data` of `GET /v1/transactions`: what was tried, newest first. */
export function listPage(account: Account, baseUrl: string, page: number) {
  const tried = account.payments.filter(({ reference }) => reference !== null).reverse()
  const url = (number: number) => `${baseUrl}/v1/transactions?page=${number}`
  return {
    transactions: tried.slice((page - 1) * PER_PAGE, page * PER_PAGE).map(listedPayment),
    pagination: {
      per_page: PER_PAGE,
      current_page: page,
      first_page_url: url(1),
      next_page_url: page * PER_PAGE < tried.length ? url(page + 1) : null,
      prev_page_url: page > 1 ? url(page - 1) : null,
    },
  }
}
