/**
 * The merchant's accounts at the four providers: what is typed into PayBridge and into the provider's dashboard, and how a
 * payer pays there.
 */
import { ok } from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { SimulatorName } from '../simulators/index.ts'

export interface DemoAccount {
  provider: SimulatorName
  /** The provider's own spelling. */
  title: string
  credentials: { secret_key: string } & Record<string, string>
  /** What the dashboard is told besides the address of the webhooks. */
  settings: Record<string, unknown>
  payer: Payer
}

/** What is pressed and filled in on the provider's page, one form after another. */
export interface Payer {
  /** In words, as the report says it. */
  paysWith: string
  forms: readonly Record<string, string>[]
}

export type DemoAccounts = Readonly<Record<SimulatorName, DemoAccount>>

/** New ones for each run, so that a run finds nothing of the one before. The test data is each provider's own. */
export function newAccounts(): DemoAccounts {
  const id = randomUUID().replaceAll('-', '')
  return {
    paystack: {
      provider: 'paystack',
      title: 'Paystack',
      credentials: { secret_key: `sk_test_${id}` },
      // Its refunds take a day or more in truth.
      settings: { refundStepMs: 300 },
      payer: { paysWith: 'the card 4084…4081', forms: [{ method: '4084084084084081' }] },
    },
    flutterwave: {
      provider: 'flutterwave',
      title: 'Flutterwave',
      credentials: { secret_key: `FLWSECK_TEST-${id}-X`, webhook_hash: `hash-${id}` },
      settings: { webhookHash: `hash-${id}` },
      payer: {
        paysWith: 'the card 5531…2950, its PIN and a one-time code',
        forms: [{ method: '5531886652142950' }, { pin: '3310' }, { otp: '12345' }],
      },
    },
    stripe: {
      provider: 'stripe',
      title: 'Stripe',
      credentials: { secret_key: `sk_test_${id}`, webhook_secret: `whsec_${id}` },
      settings: { webhookSecret: `whsec_${id}` },
      payer: { paysWith: 'the card 4242…4242', forms: [{ method: '4242424242424242' }] },
    },
    chapa: {
      provider: 'chapa',
      title: 'Chapa',
      credentials: { secret_key: `CHASECK_TEST-${id}`, webhook_secret: `hash-${id}` },
      settings: { webhookSecret: `hash-${id}` },
      payer: { paysWith: 'telebirr and a phone number', forms: [{ method: 'telebirr' }, { number: '0900123456' }] },
    },
  }
}

/** What the merchant does on the providers' dashboards, and what befalls them: the simulators' `/_control/`. */
export interface Dashboards {
  configure(account: DemoAccount, settings: Record<string, unknown>): Promise<void>
  /** From here on, until `mend`. */
  breakDown(account: DemoAccount, fault: 'down' | 'webhook_lost'): Promise<void>
  mend(account: DemoAccount): Promise<void>
}

export function createDashboards(simulatorsUrl: string): Dashboards {
  async function send(method: string, { provider }: DemoAccount, path: string, body?: object): Promise<void> {
    const init = body === undefined ? { method } : { method, body: JSON.stringify(body) }
    const response = await fetch(`${simulatorsUrl}/${provider}/_control/${path}`, init)
    ok(response.ok, `${provider}'s dashboard answered ${response.status}: ${await response.text()}`)
  }
  const keyOf = ({ credentials }: DemoAccount) => credentials.secret_key
  return {
    configure: (account, settings) => send('PUT', account, `accounts/${keyOf(account)}`, settings),
    breakDown: (account, kind) => send('POST', account, 'faults', { kind, account: keyOf(account) }),
    mend: (account) => send('DELETE', account, `faults?account=${keyOf(account)}`),
  }
}
