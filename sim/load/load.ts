/** What people and programs do in a run: a list of actions, drawn from the seed before anything happens. */

import type { Platform, Run } from '../platform.ts'
import type { Task } from '../scheduler.ts'
import { type Client, createClient, type KeyUse } from './client.ts'
import { saleActions } from './payments.ts'
import type { KeepingReceivers } from './receivers.ts'
import type { Shop } from './shops.ts'

export interface StreamReader {
  name: string
  shop: Shop
  seen: number[]
}

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
  /** The shop's program, in the course of this action. */
  clientOf(shop: Shop, action: string): Client
}

const MINUTE = 60_000

export function createLoad(run: Run, platform: Platform, shops: readonly Shop[], receivers: KeepingReceivers): Load {
  const uses: KeyUse[] = []
  return {
    run,
    platform,
    shops,
    receivers,
    uses,
    readers: [],
    unfinished: new Set(),
    clientOf: (shop, action) => createClient(run, platform, shop, { name: action, isDead: false } satisfies Task, uses),
  }
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
  return actions
}
