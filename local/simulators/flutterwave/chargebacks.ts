/** Chargebacks, opened by hand: held until the merchant answers, lost when the answer is late (sheet, section 7). */
import type { Account } from './account.ts'
import type { Books } from './books.ts'
import { type Fields, textField } from './call.ts'
import { major } from './money.ts'
import { invalid, type Refusal, required } from './refusal.ts'
import type { Transaction } from './transactions.ts'

export interface Chargeback {
  readonly id: number
  readonly transaction: Transaction
  /** Minor units. */
  readonly amount: number
  readonly createdAt: Date
  readonly dueAt: Date
  status: 'initiated' | 'accepted' | 'declined' | 'won' | 'lost'
  comment: string
  readonly history: { action: string; at: Date }[]
}

export function openChargeback(
  books: Books,
  account: Account,
  transaction: Transaction,
  { amount, dueInMs }: { amount: number; dueInMs: number },
): Chargeback {
  const createdAt = books.world.now()
  const chargeback: Chargeback = {
    id: books.nextId(),
    transaction,
    amount,
    createdAt,
    dueAt: new Date(createdAt.getTime() + dueInMs),
    status: 'initiated',
    comment: 'The cardholder does not know this payment',
    history: [{ action: 'initiated', at: createdAt }],
  }
  account.chargebacks.push(chargeback)
  books.agenda.schedule(chargeback.dueAt, (at) => {
    if (chargeback.status === 'initiated') endChargeback(chargeback, 'lost', at)
  })
  return chargeback
}

export function endChargeback(chargeback: Chargeback, status: Chargeback['status'], at: Date): void {
  chargeback.status = status
  chargeback.history.push({ action: status, at })
}

/** `PUT /chargebacks/{id}`. */
export function answerChargeback(books: Books, account: Account, id: string, fields: Fields): Chargeback | Refusal {
  const chargeback = account.chargebacks.find((candidate) => String(candidate.id) === id)
  if (chargeback === undefined) return invalid('No chargeback was found for this id')
  const action = textField(fields, 'action')
  if (action === undefined) return required('action')
  if (action !== 'accept' && action !== 'decline') return invalid('action must be accept or decline')
  if (chargeback.status !== 'initiated') return invalid('This chargeback has been answered')
  chargeback.comment = textField(fields, 'comment') ?? chargeback.comment
  endChargeback(chargeback, action === 'accept' ? 'accepted' : 'declined', books.world.now())
  return chargeback
}

export function chargebackAnswer(chargeback: Chargeback) {
  const { transaction, history } = chargeback
  return {
    id: chargeback.id,
    amount: major(chargeback.amount, transaction.currency),
    flw_ref: transaction.flwRef,
    status: chargeback.status,
    stage: 'new',
    comment: chargeback.comment,
    meta: {
      uploaded_proof: null,
      history: history.map(({ action, at }) => ({ initiator: 'hooknotifier', date: at.toISOString(), action })),
    },
    due_date: chargeback.dueAt.toISOString(),
    settlement_id: 'N/A',
    created_at: chargeback.createdAt.toISOString(),
    transaction_id: transaction.id,
    tx_ref: transaction.txRef,
  }
}
