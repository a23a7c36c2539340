/**
 * `npm run planted`: plants each fault of the list alone in a copy of the tree, runs the tests that should notice it, and
 * says which test did. Fails where one is not caught: a test is missing then.
 */
import { writeFile } from 'node:fs/promises'
import { parseArgs, styleText } from 'node:util'
import type { Fault } from './fault.ts'
import { FAULTS } from './faults.ts'
import { judge, notPassed, readResults, runTests, selectionsOf, type Verdict } from './tests.ts'
import { copyTree, type Tree } from './tree.ts'

/** Faults that are tried at a time. */
const LANES = 2

const USAGE = `npm run planted -- [options]

  --only NAME      Only this fault; may be given several times
  --passed FILE    Results of a run of the same tests without a fault (Vitest's JSON reporter): it isn't made again
  --json FILE      Also writes the table there, as JSON
  --help           This
`

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    passed: { type: 'string' },
    json: { type: 'string' },
    help: { type: 'boolean' },
  },
})

interface Row {
  fault: Fault
  verdict: Verdict
  seconds: number
}

async function main(): Promise<void> {
  if (options.help) return console.log(USAGE)
  const faults = chosen(options.only)
  const startedAt = performance.now()
  const trees = await Promise.all(Array.from({ length: LANES }, copyTree))
  await requireSound(trees, faults)
  const rows = await tryAll(trees, faults)
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(rows.map(toJson), null, 2)}\n`)
  const loose = rows.filter(({ verdict }) => verdict.kind !== 'caught').map(({ fault }) => fault.name)
  const minutes = (performance.now() - startedAt) / 60_000
  console.log(`\n${rows.length - loose.length} of ${rows.length} faults caught, in ${minutes.toFixed(1)} minutes`)
  if (loose.length > 0) throw new Error(`not caught: ${loose.join(', ')}`)
}

function chosen(names: readonly string[] | undefined): readonly Fault[] {
  if (names === undefined) return FAULTS
  const unknown = names.find((name) => !FAULTS.some((fault) => fault.name === name))
  if (unknown !== undefined) throw new Error(`there is no fault ${unknown}`)
  return FAULTS.filter(({ name }) => names.includes(name))
}

/** What fails without a fault would seem to catch every one. */
async function requireSound([tree]: readonly Tree[], faults: readonly Fault[]): Promise<void> {
  if (tree === undefined) return
  progress('the tests without a fault')
  const { pure, whole, some } = selectionsOf(faults)
  const known = options.passed === undefined ? undefined : await readResults(options.passed)
  const failed: string[] = []
  for (const selection of [pure, whole, some]) {
    if (selection.files.length === 0) continue
    // Of the pure ones nothing is known: it was not in Node that they passed.
    const isKnown = known !== undefined && selection !== pure
    const results = isKnown ? known : (await runTests(tree.folder, selection, false)).results
    failed.push(...(results === undefined ? selection.files : notPassed(results, selection.files)))
  }
  if (failed.length > 0) throw new Error(`without a fault, these do not pass:\n${failed.join('\n')}`)
}

async function tryAll(trees: readonly Tree[], faults: readonly Fault[]): Promise<Row[]> {
  const waiting = [...faults]
  const rows: Row[] = []
  const width = Math.max(...faults.map(({ name }) => name.length))
  const lane = async (tree: Tree): Promise<void> => {
    for (let fault = waiting.shift(); fault !== undefined; fault = waiting.shift()) {
      progress(`${rows.length} of ${faults.length} done, ${fault.name}`)
      const row = await tryOne(tree, fault)
      rows.push(row)
      progress('')
      console.log(print(row, width))
    }
  }
  await Promise.all(trees.map(lane))
  return rows
}

async function tryOne(tree: Tree, fault: Fault): Promise<Row> {
  const startedAt = performance.now()
  const selection = { files: fault.tests, named: fault.named === undefined ? [] : [fault.named] }
  const verdict = judge(await tree.withFault(fault, () => runTests(tree.folder, selection, true)))
  return { fault, verdict, seconds: (performance.now() - startedAt) / 1000 }
}

function print({ fault, verdict, seconds }: Row, width: number): string {
  const mark = verdict.kind === 'caught' ? styleText('green', '✓') : styleText('red', '✗')
  return `${mark} ${fault.name.padEnd(width)} ${seconds.toFixed(1).padStart(6)} s  ${say(verdict, fault)}`
}

function say(verdict: Verdict, { why }: Fault): string {
  switch (verdict.kind) {
    case 'caught':
      return `${verdict.file} › ${verdict.test}${verdict.by === 'error' ? ' (by an error)' : ''}`
    case 'missed':
      return `NOT CAUGHT: ${why}`
    case 'broke':
      return `NOT CAUGHT, the run broke: ${verdict.because}`
  }
}

const toJson = ({ fault: { name, why, file }, verdict, seconds }: Row) => ({ name, why, file, ...verdict, seconds })

/** One line that is written over, on a terminal alone. */
function progress(text: string): void {
  if (process.stdout.isTTY) process.stdout.write(`\r\x1b[K${text}`)
}

// So that what is to be ended and removed at the exit is.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

try {
  await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
