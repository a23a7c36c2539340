/** What people and programs do in a run: a list of actions, drawn from the seed before anything happens. */

import { signAccessToken } from '../../src/crypto/access-token.ts'
import { TOKENS } from '../handler-waits.ts'
import type { Platform } from '../platform.ts'
import type { Run } from '../run.ts'
import type { Task } from '../scheduler.ts'
import { type Client, createClient, type KeyUse } from './client.ts'
import { saleActions } from './payments.ts'
import { createFollower, createPoller, type StreamReader } from './readers.ts'
import type { KeepingReceivers } from './receivers.ts'
import { shopActions } from './shop-acts.ts'
import type { Shop } from './shops.ts'

export interface Action {
  name: string
  /** Milliseconds after the beginning. */
  at: number
  /** What a story says that is done. */
  words: string
  act(): Promise<void>
}

/** What the actions act on. */
export interface Load {
  run: Run
  platform: Platform
  shops: readonly Shop[]
  receivers: KeepingReceivers
  /** Every answer that was given under an idempotency key. */
  uses: KeyUse[]
  /** Who follows the events of a shop, and the numbers of what they saw. */
  readers: StreamReader[]
  /** References of payments whose payer has begun and not ended. */
  unfinished: Set<string>
  /** The providers' ids of refunds that were made on a dashboard. */
  dashboardRefunds: Set<string>
  /** The shop's program, in the course of this action. */
  clientOf(shop: Shop, action: string): Client
  /** Its owner, signed in. */
  personOf(shop: Shop, action: string): Client
}

const MINUTE = 60_000

export function createLoad(run: Run, platform: Platform, shops: readonly Shop[], receivers: KeepingReceivers): Load {
  const uses: KeyUse[] = []
  const load: Load = {
    run,
    platform,
    shops,
    receivers,
    uses,
    readers: [],
    unfinished: new Set(),
    dashboardRefunds: new Set(),
    clientOf: (shop, action) =>
      createClient(run, platform, shop, task(action), uses, () => shop.keys.at(-1)?.key ?? ''),
    personOf: (shop, action) => createClient(run, platform, shop, task(action), uses, () => signIn(run, shop)),
  }
  for (const shop of shops) {
    const isPoller = run.chance.is(`${shop.name} polls`, 0.5)
    load.readers.push(isPoller ? createPoller(load, shop) : createFollower(load, shop))
  }
  return load
}

const task = (name: string): Task => ({ name, isDead: false })

/** With a token of this moment, as whoever refreshes it in time has. */
function signIn({ scheduler }: Run, { merchant }: Shop): Promise<string> {
  const { userId, sessionId, merchantId } = merchant
  return signAccessToken(TOKENS, { userId, sessionId, merchantId }, scheduler.now() - 60_000)
}

export function drawActions(load: Load): Action[] {
  const { chance, counts } = load.run
  const sales = chance.pick('sales', [2, 3, 4, 6, 8])
  counts.payments += sales
  const actions: Action[] = []
  for (let number = 1; number <= sales; number++) {
    const name = `payment ${number}`
    const shop = chance.pick(`shop of ${name}`, load.shops)
    actions.push(...saleActions(load, shop, name, chance.int(`${name} begins`, 0, 10 * MINUTE)))
  }
  for (const shop of load.shops) actions.push(...shopActions(load, shop))
  return actions
}

/** Times at which something outside is down, for a while: a provider for some minutes, an endpoint for hours. */
export function scheduleOutages(load: Load, startsAt: number): void {
  const { chance, faults, scheduler } = load.run
  const during = (
    name: string,
    kind: 'provider-down' | 'receiver-down',
    mostMinutes: number,
    set: (isDown: boolean) => void,
  ) => {
    const at = startsAt + chance.int(`${name} at`, 0, 20 * MINUTE)
    scheduler.at(at, () => {
      if (faults.befall('outage', name, 3) !== kind) return
      set(true)
      scheduler.at(at + chance.int(`${name} for`, 1, mostMinutes) * MINUTE, () => set(false))
    })
  }
  for (const shop of load.shops) {
    for (const place of shop.connections) {
      during(`outage of ${place.name}`, 'provider-down', 15, (isDown) =>
        load.platform.providerCalls.setDown(place, isDown),
      )
    }
    for (const { name, url } of shop.endpoints) {
      during(`outage of ${name}`, 'receiver-down', 180, (isDown) => load.receivers.setDown(url, isDown))
    }
  }
}
