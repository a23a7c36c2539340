import { installSynchronousCrypto } from './synchronous-crypto.ts'

installSynchronousCrypto()
const { startSimPostgres, PASSWORDS } = await import('./postgres.ts')
const { openSimDatabase } = await import('./database.ts')
const { playSeed } = await import('./run.ts')
const { findViolations } = await import('./invariants/index.ts')
const postgres = await startSimPostgres()
const db = await openSimDatabase(await postgres.newDatabase('sim_1'), PASSWORDS)
for (let s = Number(process.argv[2]); s < Number(process.argv[3]); s++) {
  const load = await playSeed(db, s)
  const [r] = await db.query(
    `select (select count(*) from transactions where status='succeeded')::int as ok, (select count(*) from transactions where status<>'succeeded')::int as nok, (select count(*) from refunds where status='succeeded')::int as ref, (select count(*) from deliveries)::int as del`,
  )
  console.log(
    s,
    JSON.stringify(r),
    'faults',
    load.run.story.beats.filter((b) => b.fault).length,
    'shops',
    load.shops.length,
    'uses',
    load.uses.length,
    load.readers.map((r) => `${r.name}:${r.seen.length}`).join(),
    JSON.stringify(await findViolations(load)),
  )
}
await db.close()
await postgres.stop()
process.exit(0)
