/**
 * `npm run bench:webhooks`: 10,000 events spread over the endpoints of 100 merchants, once with every endpoint alive and
 * once with ten of them dead, on the built Worker under workerd before a real Postgres. Every live endpoint must have
 * everything, and the median of its delay must stay within twice that of the run without the dead ones: exit 1 otherwise.
 */
import { parseArgs, styleText } from 'node:util'
import { type Delivered, deliver, startDeliveryPlatform } from './deliveries/run.ts'

const { values: options } = parseArgs({
  options: {
    events: { type: 'string', default: '10000' },
    merchants: { type: 'string', default: '100' },
    dead: { type: 'string', default: '10' },
    'per-second': { type: 'string', default: '200' },
    json: { type: 'boolean', default: false },
  },
})
const flow = {
  events: Number(options.events),
  merchants: Number(options.merchants),
  perSecond: Number(options['per-second']),
}
const DEAD = Number(options.dead)
const RATIO_MAX = 2

/** A line that is written over on a terminal, and left out of a pipe. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`)
}

async function main(): Promise<boolean> {
  await using platform = await startDeliveryPlatform()
  const run = (name: string, dead: number) =>
    deliver(platform, { ...flow, dead }, (text) => progress(`${name}: ${text}`))
  const alive = { run: 'all alive', ...(await run('all alive', 0)) }
  const withDead = { run: `${DEAD} dead`, ...(await run(`${DEAD} dead`, DEAD)) }
  progress('')
  const ratio = withDead.medianMs / alive.medianMs
  const isGood = [alive, withDead].every(({ arrived, expected }) => arrived === expected) && ratio <= RATIO_MAX
  if (options.json) console.log(JSON.stringify({ alive, withDead, ratio, isGood }))
  else report(alive, withDead, ratio, isGood)
  return isGood
}

interface Figures extends Delivered {
  run: string
}

function report(alive: Figures, withDead: Figures, ratio: number, isGood: boolean): void {
  const row = (cells: readonly (string | number)[]) =>
    console.log(cells.map((cell) => String(cell).padStart(14)).join(''))
  row(['run', 'live events', 'arrived', 'repeats', 'median ms', 'p99 ms'])
  for (const { run, expected, arrived, repeats, medianMs, p99Ms } of [alive, withDead]) {
    row([run, expected, arrived, repeats, medianMs.toFixed(1), p99Ms.toFixed(1)])
  }
  const verdict = isGood ? styleText('green', 'holds') : styleText('red', 'does not hold')
  console.log(`\nMedian with the dead to without: ${ratio.toFixed(2)} (at most ${RATIO_MAX}); ${verdict}`)
}

process.exitCode = (await main()) ? 0 : 1
