/** A process that runs seeds, one after another, in a database of its own. */

import { z } from 'zod'
import { installSynchronousCrypto } from './synchronous-crypto.ts'

installSynchronousCrypto()
// Not before: what is imported keeps what it finds.
const { openSimDatabase } = await import('./database.ts')
const { PASSWORDS } = await import('./postgres.ts')
const { runSeed } = await import('./run.ts')
const { shrink, tellStory } = await import('./shrink.ts')

const Order = z.object({ seed: z.number(), trace: z.boolean() })

/** What became of a seed. */
export interface Report {
  seed: number
  payments: number
  batches: number
  faults: Record<string, number>
  violations: number
  /** The shortest that there is, where it failed. */
  story: string | undefined
  trace: readonly string[] | undefined
}

const database = await openSimDatabase(String(process.argv[2]), PASSWORDS)

async function report(seed: number, isTraced: boolean): Promise<Report> {
  const outcome = await runSeed(database, seed)
  const faults: Record<string, number> = {}
  for (const { fault } of outcome.beats) if (fault !== undefined) faults[fault] = (faults[fault] ?? 0) + 1
  const isFailed = outcome.violations.length > 0
  return {
    seed,
    payments: outcome.counts.payments,
    batches: outcome.counts.batches,
    faults,
    violations: outcome.violations.length,
    story: isFailed ? tellStory(isTraced ? outcome : await shrink(database, outcome)) : undefined,
    trace: isTraced ? outcome.trace : undefined,
  }
}

process.on('message', async (message) => {
  const { seed, trace } = Order.parse(message)
  process.send?.(await report(seed, trace))
})
process.on('disconnect', () => process.exit(0))
process.send?.('ready')
