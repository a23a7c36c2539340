import { installSynchronousCrypto } from './synchronous-crypto.ts'
installSynchronousCrypto()
const { startSimPostgres } = await import('./postgres.ts')
const { openSimDatabase } = await import('./database.ts')
const { runSeed } = await import('./run.ts')
const postgres = await startSimPostgres()
const database = await openSimDatabase(await postgres.newDatabase('sim_1'), postgres.passwords)
const from = Number(process.argv[2] ?? 1)
const n = Number(process.argv[3] ?? 1)
const t0 = performance.now()
let batches = 0, requests = 0
for (let seed = from; seed < from + n; seed++) {
  const outcome = await runSeed(database, seed)
  batches += outcome.counts.batches
  requests += outcome.counts.requests
  if (n === 1) console.log(outcome.trace.join('\n'))
  if (process.env.SIM_PROGRESS) console.error(seed, Math.round(performance.now() - t0))
  if (outcome.violations.length) console.log(seed, outcome.violations)
}
console.error(`${n} seeds, ${((performance.now() - t0) / n).toFixed(0)} ms each, ${batches / n} batches, ${requests / n} requests`)
await database.close()
await postgres.stop()
process.exit(0)
