import { installSynchronousCrypto } from '/work/wt/sim/sim/synchronous-crypto.ts'
import fs from 'node:fs'
import { execSync } from 'node:child_process'
installSynchronousCrypto()
const { startSimPostgres } = await import('/work/wt/sim/sim/postgres.ts')
const { openSimDatabase } = await import('/work/wt/sim/sim/database.ts')
const { runSeed } = await import('/work/wt/sim/sim/run.ts')
const postgres = await startSimPostgres()
const db = await openSimDatabase(await postgres.newDatabase('sim_1'), postgres.passwords)
let emptyMs = 0, ansMs = 0, answers = 0
const pids = async () => (await db.query("select pid, usename from pg_stat_activity where datname='sim_1' order by pid")) as any[]
const cpu = (pid: number) => { const s = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' '); return (Number(s[11]) + Number(s[12])) * 10 }
const wrapped = { ...db, async empty() { const t = performance.now(); await db.empty(); emptyMs += performance.now() - t }, async answer(i: any) { const t = performance.now(); try { return await db.answer(i) } finally { ansMs += performance.now() - t; answers++ } } }
await runSeed(wrapped as any, 1)
for (let round = 0; round < 2; round++) {
  emptyMs = ansMs = answers = 0
  const before = Object.fromEntries((await pids()).map((p) => [p.usename, cpu(p.pid)]))
  const c0 = process.cpuUsage(); const t0 = performance.now()
  for (let s = 2; s < 8; s++) await runSeed(wrapped as any, s)
  const c = process.cpuUsage(c0)
  console.log('wall/seed', ((performance.now() - t0) / 6).toFixed(0), 'node cpu/seed', ((c.user + c.system) / 6e3).toFixed(0), 'empty', (emptyMs / 6).toFixed(0), 'answers/seed', answers / 6, 'ms/answer', (ansMs / answers).toFixed(2))
  for (const p of await pids()) console.log(p.usename, 'cpu ms/seed', ((cpu(p.pid) - (before[p.usename] ?? 0)) / 6).toFixed(0))
}
await db.close(); await postgres.stop(); process.exit(0)
