/** What is asked of a payer and collected, as accidents and faults let it. Amounts in what the wire counts. */
import type { MoneyAccident } from '../kit/driver.ts'
import type { Account } from './account.ts'
import type { Books } from './books.ts'
import type { Session } from './sessions.ts'

export interface Money {
  asked: number
  currency: string
  received: number
}

/** An accident of this payment goes before the faults of the account. */
export function drawMoney(books: Books, account: Account, session: Session, accident?: MoneyAccident): Money {
  const change = accident ?? faultOf(books, account)
  const asked = Math.max(session.amountTotal + ('delta' in change ? change.delta : 0), 1)
  return {
    asked,
    currency: 'currency' in change ? change.currency.toLowerCase() : session.currency,
    received: Math.max(asked - ('shortBy' in change ? change.shortBy : 0), 1),
  }
}

function faultOf(books: Books, account: Account): MoneyAccident | { kind: 'none' } {
  const target = { account: account.secretKey, operation: 'pay' }
  const wrongAmount = books.faults.take('wrong_amount', target)
  if (wrongAmount) return { kind: 'wrong_amount', delta: wrongAmount.delta }
  const wrongCurrency = books.faults.take('wrong_currency', target)
  if (wrongCurrency) return { kind: 'wrong_currency', currency: wrongCurrency.currency }
  const partial = books.faults.take('partial_debit', target)
  return partial ? { kind: 'partial_payment', shortBy: partial.shortBy } : { kind: 'none' }
}
