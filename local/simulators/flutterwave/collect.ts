/** The end of a try: the money moves, as the faults let it, or it doesn't; either is told to the merchant. */
import type { Account } from './account.ts'
import type { Books } from './books.ts'
import { announceTransaction } from './events.ts'
import { feeOf, settledOf, surchargeOf } from './money.ts'
import { flwReference, type Transaction } from './transactions.ts'

/** Whatever the try read before: money may arrive after a failure. */
export function collect(books: Books, account: Account, transaction: Transaction, at: Date): void {
  const target = { account: account.secretKey, operation: 'pay' }
  const wrongAmount = books.faults.take('wrong_amount', target)
  const partial = books.faults.take('partial_debit', target)
  const wrongCurrency = books.faults.take('wrong_currency', target)
  const feesOnPayer =
    books.faults.take('fees_on_payer', target) !== undefined || account.settings.feeBearer === 'customer'

  const amount = Math.max(transaction.amount + (wrongAmount?.delta ?? 0) - (partial?.shortBy ?? 0), 1)
  const surcharge = feesOnPayer ? surchargeOf(amount) : 0
  transaction.amount = amount
  transaction.charged = amount + surcharge
  transaction.currency = wrongCurrency?.currency ?? transaction.currency
  transaction.fee = feeOf(amount)
  transaction.settled = settledOf(amount, transaction.currency) + surcharge
  end(books, account, transaction, 'successful', 'Approved by Financial Institution', at)
}

export function fail(books: Books, account: Account, transaction: Transaction, reason: string, at: Date): void {
  if (transaction.checkout) transaction.checkout.failures += 1
  end(books, account, transaction, 'failed', reason, at)
}

function end(
  books: Books,
  account: Account,
  transaction: Transaction,
  status: 'successful' | 'failed',
  says: string,
  at: Date,
): void {
  transaction.status = status
  transaction.processorResponse = says
  if (transaction.flwRef === 'N/A') transaction.flwRef = flwReference(books, account)
  transaction.history.push({ note: `Payment ${status}: ${says}`, at })
  if (transaction.checkout?.current === transaction) transaction.checkout.current = null
  announceTransaction(books, account, transaction, at)
}
