/** What the hosted page shows while it is chosen, asked, waited, and when it has ended. */
import { amountText, type CheckoutStage, type MethodGroup } from '../kit/checkout-page.ts'
import type { Account } from './account.ts'
import type { Books } from './books.ts'
import { type Checkout, isPaid, methodsFor } from './checkouts.ts'
import { exponentOf } from './money.ts'
import type { PaymentMethod, Step } from './payment-methods.ts'
import { whyBarred } from './payments.ts'

/** `back` is where an ended page leads, if anywhere. */
export function stageOf(books: Books, account: Account, checkout: Checkout, back: string | null): CheckoutStage {
  const { businessName } = account.settings
  const link = back === null ? {} : { link: { url: back, label: `Return to ${businessName}` } }
  if (isPaid(account, checkout)) {
    const text = `${shown(checkout.amount, checkout.currency)} went to ${businessName}.`
    return { kind: 'ended', tone: 'good', title: 'Payment successful', text, ...link }
  }
  const current = checkout.current
  if (current !== null) return stepStage(checkout, current.method.steps[current.stepsDone])
  const barred = whyBarred(books, account, checkout)
  if (barred === undefined) return { kind: 'choose', groups: groupsFor(checkout) }
  return { kind: 'ended', tone: 'neutral', title: 'This page is closed', text: barred, ...link }
}

export function leftStage(ownUrl: string): CheckoutStage {
  return {
    kind: 'ended',
    tone: 'neutral',
    title: 'You have left the payment',
    text: 'The page stays open until its session is over.',
    link: { url: ownUrl, label: 'Back to the payment' },
  }
}

export function shown(amount: number, currency: string): string {
  return amountText(amount, currency, exponentOf(currency))
}

const DECLINE = { name: 'act', value: 'decline', label: 'Decline', weight: 'danger' } as const

function stepStage(checkout: Checkout, step: Step | undefined): CheckoutStage {
  switch (step?.field) {
    case 'pin':
      return ask('pin', 'Enter your card PIN', 'PIN', pinHint(step.accepts), true)
    case 'otp':
      return ask('otp', 'Enter the code', 'One-time code', otpHint(step.accepts), true)
    case 'address':
      return ask('address', 'Enter your billing address', 'Address', 'Any address passes.', false)
    case 'phone':
      return ask('phone', 'Enter your phone number', 'Phone number', 'Any passes but 233121212121.', true)
    case 'bank_page':
      return {
        kind: 'wait',
        title: 'Your bank asks you to confirm',
        text: 'This stands for the page of a bank.',
        buttons: [button('bank_page', 'yes', 'Confirm at the bank'), DECLINE],
      }
    case 'transfer':
      return {
        kind: 'wait',
        title: 'Transfer the exact amount',
        text: `Send ${shown(checkout.amount, checkout.currency)} to account 0067100155 at Test Bank. It arrives by itself.`,
        buttons: [button('transfer', 'sent', 'I have sent the money')],
      }
    case undefined:
      return {
        kind: 'wait',
        title: 'Waiting for your wallet',
        text: 'This payment stays pending until its session is over.',
        buttons: [DECLINE],
      }
  }
}

function pinHint(accepts: string | null): string {
  return accepts === null ? 'Whatever is entered is wrong.' : `The test PIN is ${accepts}. Any other one fails.`
}

function otpHint(accepts: string | null): string {
  return accepts === null
    ? 'Any code passes, but 5548 is wrong and 6648 finds too little money.'
    : `The test code is ${accepts}. Any other one fails.`
}

function button(name: string, value: string, label: string) {
  return { name, value, label, weight: 'primary' } as const
}

function ask(field: string, title: string, label: string, hint: string, numeric: boolean): CheckoutStage {
  return { kind: 'ask', title, field, label, hint, numeric }
}

const GROUP_TITLES: Record<PaymentMethod['group'], string> = {
  card: 'Test card',
  bank_transfer: 'Bank transfer',
  account: 'Bank account',
  mobile_money: 'Mobile money',
  wallet: 'Wallet',
}

function groupsFor(checkout: Checkout): MethodGroup[] {
  const methods = methodsFor(checkout)
  return [...new Set(methods.map(({ group }) => group))].map((group) => ({
    title: GROUP_TITLES[group],
    methods: methods.filter((method) => method.group === group),
  }))
}
