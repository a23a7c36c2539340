/** The quiet period: nothing goes wrong any more, and time passes until whatever was begun has come to its end. */

import type { Load } from './load/load.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** At least so much time passes between two looks: what falls due in between is found together. */
const STEPS = [MINUTE, 5 * MINUTE, 30 * MINUTE, 7 * HOUR, 7 * HOUR, DAY, DAY, 2 * DAY, 2 * DAY]

/** So long at least, whatever is due: both books are held against each other by then, twice. */
const LOOKS_MIN = 5

export async function becomeQuiet(load: Load): Promise<void> {
  const { run, platform, shops, receivers } = load
  const { faults, scheduler, story } = run
  faults.end()
  story.tell('quiet', 'from here on nothing goes wrong')
  for (const shop of shops) {
    for (const place of shop.connections) {
      place.driver.clear(place.account)
      platform.providerCalls.setDown(place, false)
    }
    for (const { url } of shop.endpoints) receivers.setDown(url, false)
  }
  await settle(load)
  for (const [look, step] of STEPS.entries()) {
    const dueAt = await nextDueAt(load)
    if (dueAt === undefined && look >= LOOKS_MIN) break
    await scheduler.runUntil(Math.max(dueAt ?? 0, scheduler.now() + step))
    await work(load, `quiet cron ${look + 1}`)
  }
  await readToTheEnd(load)
}

/** Whoever reads a stream is at its end: also one whose socket is closed only now, for its key is revoked. */
async function readToTheEnd(load: Load): Promise<void> {
  load.platform.lookAtStreams()
  await settle(load)
  for (const reader of load.readers) void reader.readOn()
  load.platform.lookAtStreams()
  await settle(load)
}

/** Whatever is under way ends: webhooks arrive, messages are worked on. */
async function settle(load: Load): Promise<void> {
  const { scheduler } = load.run
  load.platform.postWebhooks()
  await scheduler.runUntil(scheduler.now() + MINUTE)
}

/** The cron works until nothing is due at this moment. */
async function work(load: Load, name: string): Promise<void> {
  const { run, platform } = load
  const { scheduler } = run
  for (let turn = 1; turn <= 5; turn++) {
    platform.postWebhooks()
    scheduler.at(scheduler.now(), () => void platform.cron(`${name} ${turn}`))
    await scheduler.runUntil(scheduler.now() + MINUTE)
    const dueAt = await nextDueAt(load)
    if (dueAt === undefined || dueAt > scheduler.now()) return
  }
}

/** When somebody is due to do something; undefined where nobody ever is. */
export async function nextDueAt({ run, platform }: Load): Promise<number | undefined> {
  const { database, scheduler } = run
  const [row] = await scheduler.outside(
    database.query(`
      select floor(extract(epoch from least(
        (select min(next_check_at) from transactions),
        (select min(refunds_check_at) from transactions),
        (select min(next_check_at) from attempts),
        (select min(greatest(next_attempt_at, leased_until)) from provider_events where status = 'received'),
        (select min(greatest(d.next_attempt_at, d.leased_until, e.paused_until, e.next_send_at))
         from deliveries d join webhook_endpoints e on e.id = d.endpoint_id where d.status = 'pending'),
        (select min(coalesce(leased_until, started_at)) from reconciliation_runs where status = 'running'))) * 1000) as at`),
  )
  const moments = [row?.at === null ? undefined : Number(row?.at), platform.simulators.nextDueAt()?.getTime()]
  return moments.reduce((first, at) => (first === undefined || (at !== undefined && at < first) ? at : first))
}
