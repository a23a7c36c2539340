/** One run: a seed, from the first payment to the last invariant. */

import { type Chance, chanceOf } from './chance.ts'
import type { SimDatabase } from './database.ts'
import { createFaults, type Faults, type Kept } from './faults.ts'
import { findViolations, type Violation } from './invariants/index.ts'
import { createLoad, drawActions, type Load, scheduleOutages } from './load/load.ts'
import { createReceivers } from './load/receivers.ts'
import { openShops } from './load/shops.ts'
import { createPlatform } from './platform.ts'
import { becomeQuiet, nextDueAt } from './quiet.ts'
import { createScheduler, type Scheduler } from './scheduler.ts'
import { type Beat, createStory, type Story } from './story.ts'

/** What a run is made of. */
export interface Run {
  chance: Chance
  scheduler: Scheduler
  story: Story
  faults: Faults
  database: SimDatabase
  counts: Counts
}

export interface Counts {
  payments: number
  requests: number
  batches: number
  providerCalls: number
}

export interface Outcome {
  seed: number
  violations: readonly Violation[]
  /** Everything that happened. */
  trace: readonly string[]
  /** The actions and the faults. */
  beats: readonly Beat[]
  counts: Counts
}

const STARTS_AT = Date.UTC(2026, 10, 24, 9)
const MINUTE = 60_000

/** @param kept the actions and the faults that are left of the seed's; all of them where unsaid */
export async function runSeed(database: SimDatabase, seed: number, kept?: Kept): Promise<Outcome> {
  const load = await playSeed(database, seed, kept)
  const { story, counts } = load.run
  const violations = await findViolations(load)
  return { seed, violations, trace: story.lines, beats: story.beats, counts }
}

/** Plays a seed until it is quiet. */
export async function playSeed(database: SimDatabase, seed: number, kept?: Kept): Promise<Load> {
  await database.empty()
  const chance = chanceOf(seed)
  const scheduler = createScheduler(STARTS_AT)
  const story = createStory(scheduler.now)
  const faults = createFaults(chance, story, kept)
  const counts: Counts = { payments: 0, requests: 0, batches: 0, providerCalls: 0 }
  const run: Run = { chance, scheduler, story, faults, database, counts }
  const receivers = createReceivers()
  const platform = createPlatform(run, receivers)
  const shops = await openShops(run, platform)
  const load = createLoad(run, platform, shops, receivers)
  for (const action of drawActions(load)) {
    if (kept?.has(action.name) === false) continue
    scheduler.at(STARTS_AT + action.at, () => {
      story.action(action.name, action.words)
      action.act().catch((error) => {
        throw new Error(`${action.name} of seed ${seed}`, { cause: error })
      })
    })
  }
  scheduleOutages(load, STARTS_AT)
  scheduleCron(load)
  await scheduler.runUntil(STARTS_AT + LOAD_MS)
  await becomeQuiet(load)
  return load
}

/** So long things happen; then it becomes quiet. */
const LOAD_MS = 40 * MINUTE

/** Every minute, or every few. Mostly it is left out where it would find nothing: that costs time, and shows nothing. */
function scheduleCron(load: Load): void {
  const { run, platform } = load
  const { chance, scheduler, faults } = run
  let number = 0
  let at = STARTS_AT + MINUTE
  while (at < STARTS_AT + LOAD_MS) {
    number += 1
    const name = `cron ${number}`
    const moment = at
    scheduler.at(moment, () => {
      platform.postWebhooks()
      const fault = faults.befall('cron', name, 2)
      if (fault === 'cron-stops') stoppedUntil = moment + 60 * MINUTE
      if (moment < stoppedUntil) return
      readOn(load, name)
      void runCron(load, name, fault === 'cron-twice')
    })
    at += chance.pick(`after ${name}`, [1, 1, 2, 5]) * MINUTE
  }
  let stoppedUntil = 0
}

async function runCron(load: Load, name: string, isTwice: boolean): Promise<void> {
  const { run, platform } = load
  const dueAt = await nextDueAt(load)
  const isIdle = dueAt === undefined || dueAt > run.scheduler.now()
  if (isIdle && !run.chance.is(`idle ${name}`, 0.15)) return
  void platform.cron(name)
  if (isTwice) void platform.cron(`${name} too`)
}

/** The readers go on, and a socket is cut now and then. */
function readOn(load: Load, name: string): void {
  for (const reader of load.readers) {
    if (load.run.faults.befall('socket', `${reader.name} at ${name}`, 2) !== undefined) reader.cut()
    void reader.readOn()
  }
  load.platform.lookAtStreams()
}
