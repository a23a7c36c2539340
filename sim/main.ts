/** `npm run sim`: runs seeds in two processes, and tells the shortest story of each that fails. */

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type SimPostgres, startSimPostgres } from './postgres.ts'
import type { Report } from './worker.ts'

const HELP = `npm run sim -- [--seeds N] [--from N] [--seed N [--trace]]

  --seeds N   how many seeds to run (100)
  --from N    the first of them (1)
  --seed N    this one alone
  --trace     prints everything that happens in it
`

const PROCESSES = 2

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    trace: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) {
  process.stdout.write(HELP)
} else {
  const from = wholeNumber('from', values.seed ?? values.from)
  const count = values.seed === undefined ? wholeNumber('seeds', values.seeds) : 1
  const postgres = await startSimPostgres()
  try {
    process.exitCode = (await runAll(postgres, from, count)) === 0 ? 0 : 1
  } finally {
    await postgres.stop()
  }
}

function wholeNumber(name: string, text: string): number {
  const number = Number(text)
  if (Number.isSafeInteger(number) && number >= 0) return number
  process.stderr.write(`--${name} takes a whole number, not ${text}\n`)
  process.exit(2)
}

/** @returns how many seeds failed */
async function runAll(postgres: SimPostgres, from: number, count: number): Promise<number> {
  const startedAt = performance.now()
  const total = { seeds: 0, payments: 0, batches: 0, failed: 0, faults: new Map<string, number>() }
  let next = from

  const take = ({ seed, payments, batches, faults, violations, story, trace }: Report): void => {
    total.seeds += 1
    total.payments += payments
    total.batches += batches
    for (const [kind, times] of Object.entries(faults)) total.faults.set(kind, (total.faults.get(kind) ?? 0) + times)
    if (trace !== undefined) process.stdout.write(`${trace.join('\n')}\n`)
    if (violations > 0) total.failed += 1
    if (story !== undefined)
      process.stdout.write(`${progressEnd()}${story}Again: npm run sim -- --seed ${seed} --trace\n\n`)
    showProgress(total.seeds, count, total.failed)
  }

  const work = async (number: number): Promise<void> => {
    const url = await postgres.newDatabase(`sim_${number}`)
    const worker = fork(join(import.meta.dirname, 'worker.ts'), [url], { execArgv: ['--max-semi-space-size=64'] })
    await new Promise<void>((resolve, reject) => {
      const order = (): void => {
        if (next >= from + count) {
          resolve()
          return
        }
        worker.send({ seed: next, trace: values.trace })
        next += 1
      }
      worker.once('exit', (code) => reject(new Error(`a process that runs seeds ended with ${code}`)))
      worker.on('message', (message: Report | 'ready') => {
        if (message !== 'ready') take(message)
        order()
      })
    })
    worker.removeAllListeners('exit')
    const ended = once(worker, 'exit')
    worker.disconnect()
    await ended
  }

  await Promise.all(Array.from({ length: Math.min(PROCESSES, count) }, (_, index) => work(index + 1)))
  const seconds = (performance.now() - startedAt) / 1000
  process.stdout.write(`${progressEnd()}${summaryOf(total, seconds)}\n`)
  return total.failed
}

interface Total {
  seeds: number
  payments: number
  batches: number
  failed: number
  faults: Map<string, number>
}

function summaryOf({ seeds, payments, batches, failed, faults }: Total, seconds: number): string {
  const kinds = [...faults].sort(([, one], [, other]) => other - one)
  const times = kinds.reduce((sum, [, count]) => sum + count, 0)
  return [
    `${times} faults: ${kinds.map(([kind, count]) => `${kind} ${count}`).join(', ') || 'none'}`,
    `${seeds} seeds with ${payments} payments and ${batches} database round trips in ${seconds.toFixed(0)} s, ` +
      `${(seeds / seconds).toFixed(1)} seeds a second`,
    failed === 0 ? 'Every invariant held in every one.' : `An invariant was violated in ${failed} of them.`,
  ].join('\n')
}

/** One line that changes, or, where that can't be, a line now and then. */
function showProgress(done: number, count: number, failed: number): void {
  const line = `${done} of ${count} seeds, ${failed} with a violation`
  if (process.stderr.isTTY) process.stderr.write(`\r${line}`)
  else if (done % 500 === 0) process.stderr.write(`${line}\n`)
}

/** Ends the line of the progress, where there is one. */
function progressEnd(): string {
  if (process.stderr.isTTY) process.stderr.write('\n')
  return ''
}
