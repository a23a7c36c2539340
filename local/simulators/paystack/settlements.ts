/** The account's money at Paystack: the ledger behind its balance, and settlements to the merchant's bank. */
import type { Account } from './account.ts'
import type { Books } from './books.ts'
import type { Transaction } from './transactions.ts'

export interface LedgerRow {
  readonly id: number
  readonly currency: string
  /** What the row adds, in subunits; refunds and settlements take away. */
  readonly difference: number
  /** The balance of that currency after it. */
  readonly balance: number
  readonly model: 'Transaction' | 'Refund' | 'Transfer'
  readonly modelId: number
  readonly createdAt: Date
}

export interface Settlement {
  readonly id: number
  readonly currency: string
  readonly transactions: readonly Transaction[]
  readonly createdAt: Date
}

export function addLedgerRow(
  books: Books,
  account: Account,
  row: Pick<LedgerRow, 'currency' | 'difference' | 'model' | 'modelId'>,
  at: Date,
): void {
  const balance = balanceOf(account, row.currency) + row.difference
  account.ledger.push({ ...row, id: books.nextId(), balance, createdAt: at })
}

function balanceOf(account: Account, currency: string): number {
  return account.ledger.findLast((row) => row.currency === currency)?.balance ?? 0
}

/**
 * Pays out what was collected in a currency and not settled yet. Undefined when there is nothing, and in test mode,
 * where Paystack settles nothing.
 */
export function settle(books: Books, account: Account, currency: string): Settlement | undefined {
  const due = account.transactions.filter(
    (transaction) =>
      transaction.paidAt !== null && transaction.currency === currency && transaction.settlementId === null,
  )
  if (due.length === 0 || account.domain === 'test') return undefined
  const settlement = { id: books.nextId(), currency, transactions: due, createdAt: books.world.now() }
  account.settlements.push(settlement)
  for (const transaction of due) transaction.settlementId = settlement.id
  const difference = -settlementAnswer(account, settlement).total_amount
  addLedgerRow(
    books,
    account,
    { currency, difference, model: 'Transfer', modelId: settlement.id },
    settlement.createdAt,
  )
  return settlement
}

export function settlementAnswer(account: Account, settlement: Settlement) {
  const processed = settlement.transactions.reduce((sum, { amount }) => sum + amount, 0)
  const fees = settlement.transactions.reduce((sum, transaction) => sum + (transaction.fees ?? 0), 0)
  const at = settlement.createdAt.toISOString()
  return {
    id: settlement.id,
    domain: account.domain,
    status: 'success',
    currency: settlement.currency,
    integration: account.integration,
    total_amount: processed - fees,
    effective_amount: processed - fees,
    total_fees: fees,
    total_processed: processed,
    deductions: null,
    settlement_date: `${at.slice(0, 10)}T00:00:00.000Z`,
    settled_by: null,
    createdAt: at,
    updatedAt: at,
  }
}

export function balanceAnswer(account: Account) {
  return account.settings.currencies.map((currency) => ({ currency, balance: balanceOf(account, currency) }))
}

export function ledgerAnswer(account: Account, row: LedgerRow) {
  const at = row.createdAt.toISOString()
  return {
    integration: account.integration,
    domain: account.domain,
    balance: row.balance,
    currency: row.currency,
    difference: row.difference,
    reason: row.model === 'Transaction' ? '' : row.model,
    model_responsible: row.model,
    model_row: row.modelId,
    id: row.id,
    createdAt: at,
    updatedAt: at,
  }
}
