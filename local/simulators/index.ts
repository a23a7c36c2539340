/** Every provider's simulator, and all of them below one address. */
import { createChapaSimulator } from './chapa/index.ts'
import { createFlutterwaveSimulator } from './flutterwave/index.ts'
import type { Driver } from './kit/driver.ts'
import { earliest } from './kit/webhook-outbox.ts'
import type { Simulator, SimulatorWorld } from './kit/world.ts'
import { createPaystackSimulator } from './paystack/index.ts'
import { createStripeSimulator } from './stripe/index.ts'

export interface DrivenSimulator extends Simulator {
  readonly driver: Driver
}

/** @param at where the simulator of this name is reached, for the links that it hands out */
function createEach(world: SimulatorWorld, at: (name: string) => { baseUrl: string }) {
  return {
    paystack: createPaystackSimulator(world, at('paystack')),
    flutterwave: createFlutterwaveSimulator(world, at('flutterwave')),
    stripe: createStripeSimulator(world, at('stripe')),
    chapa: createChapaSimulator(world, at('chapa')),
  } satisfies Record<string, DrivenSimulator>
}

export type SimulatorName = keyof ReturnType<typeof createEach>

/**
 * What a merchant types in to connect the demo account, which is in test mode. Simulators forget when they end, and
 * whoever has connected the account does not: each knows it from its first call on.
 */
export const DEMO_CREDENTIALS: Readonly<Record<SimulatorName, Record<string, string>>> = {
  paystack: { secret_key: 'sk_test_paybridgedemo0123456789' },
  flutterwave: { secret_key: 'FLWSECK_TEST-paybridgedemo0123456789-X', webhook_hash: 'paybridge-demo' },
  stripe: { secret_key: 'sk_test_paybridgedemo0123456789', webhook_secret: 'whsec_paybridgedemo0123456789' },
  chapa: { secret_key: 'CHASECK_TEST-paybridgedemo0123456789', webhook_secret: 'paybridge-demo' },
}

export const SIMULATOR_NAMES = Object.keys(DEMO_CREDENTIALS).filter(isSimulatorName)

function isSimulatorName(name: string): name is SimulatorName {
  return Object.hasOwn(DEMO_CREDENTIALS, name)
}

/** All of them as one: what is due in any is due. */
export interface Simulators extends Simulator {
  readonly of: Readonly<ReturnType<typeof createEach>>
}

/** One of each, below `baseUrl` at its provider's name. */
export function createSimulators(world: SimulatorWorld, { baseUrl }: { baseUrl: string }): Simulators {
  const root = baseUrl.replace(/\/$/, '')
  const of = createEach(world, (name) => ({ baseUrl: `${root}/${name}` }))
  const all: readonly Simulator[] = Object.values(of)
  const rootPath = new URL(`${root}/`).pathname
  return {
    of,
    async fetch(request) {
      const { pathname } = new URL(request.url)
      const [name = ''] = pathname.startsWith(rootPath) ? pathname.slice(rootPath.length).split('/', 1) : []
      if (isSimulatorName(name)) return of[name].fetch(request)
      const addresses = SIMULATOR_NAMES.map((one) => `${root}/${one}`)
      return new Response(`The simulators are at ${addresses.join(', ')}\n`, { status: 404 })
    },
    async deliverDueWebhooks() {
      let tries = 0
      for (const simulator of all) tries += await simulator.deliverDueWebhooks()
      return tries
    },
    nextDueAt: () => earliest(all.map((simulator) => simulator.nextDueAt())),
  }
}
