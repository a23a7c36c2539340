/** Runs test files in a tree, and reads what came of it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Fault } from './fault.ts'

const Results = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      message: z.string().default(''),
      assertionResults: z.array(
        z.object({ fullName: z.string(), status: z.string(), failureMessages: z.array(z.string()).nullish() }),
      ),
    }),
  ),
})

/** What Vitest's JSON reporter writes, as far as it is read here. */
export type Results = z.output<typeof Results>

/**
 * What the tests made of a fault. It is caught where a test fails: by an assertion, or by an error that comes up in it, such
 * as the database's refusal. A run that broke has noticed nothing, for no test said what should hold.
 */
export type Verdict =
  | { kind: 'caught'; by: 'assertion' | 'error'; file: string; test: string }
  | { kind: 'missed' }
  | { kind: 'broke'; because: string }

/** For the tests of one fault. */
const TIMEOUT_MS = 300_000

export interface Selection {
  files: readonly string[]
  /** Only the tests whose full names have one of these in them; empty for all. */
  named: readonly string[]
}

const PURE = [
  /^test\/(domain|crypto|providers)\//,
  /^test\/(platform\/(env|log)|operations\/stream-readers)\.test\.ts$/,
]

/** What needs nothing of the platform and no database: it runs in Node, which begins at once. */
const isPure = (file: string): boolean => PURE.some((pattern) => pattern.test(file))

/** All that these faults name, in runs of a kind: the pure, files as a whole, and files of which only some tests count. */
export function selectionsOf(faults: readonly Fault[]): Record<'pure' | 'whole' | 'some', Selection> {
  const files = [...new Set(faults.flatMap(({ tests }) => tests))]
  const whole = new Set(faults.flatMap(({ tests, named }) => (named === undefined ? tests : [])))
  return {
    pure: { files: files.filter(isPure), named: [] },
    whole: { files: files.filter((file) => whole.has(file) && !isPure(file)), named: [] },
    some: {
      files: files.filter((file) => !whole.has(file) && !isPure(file)),
      named: faults.flatMap(({ named }) => named ?? []),
    },
  }
}

/** What came of a run, and what it printed. Without results where it broke. */
export interface Run {
  results?: Results
  output: string
}

/** @param bail whether to stop at the first failure */
export async function runTests(folder: string, { files, named }: Selection, bail: boolean): Promise<Run> {
  const file = join(folder, '.vitest', 'planted.json')
  const args = ['run', ...files, '--reporter=json', `--outputFile=${file}`]
  if (bail) args.push('--bail=1')
  if (files.every(isPure)) args.push('--config=planted/vitest.config.ts')
  if (named.length > 0) args.push(`--testNamePattern=${named.map(escaped).join('|')}`)
  await rm(file, { force: true })
  const vitest = spawn(process.execPath, [join(folder, 'node_modules/vitest/vitest.mjs'), ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(bail && { timeout: TIMEOUT_MS }),
    env: { ...process.env, NO_COLOR: '1' },
  })
  const end = () => vitest.kill()
  // Before its tree is removed.
  process.prependOnceListener('exit', end)
  let output = ''
  for (const stream of [vitest.stdout, vitest.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-20_000)
    })
  }
  await once(vitest, 'close')
  process.off('exit', end)
  try {
    return { results: await readResults(file), output }
  } catch {
    return { output }
  }
}

const escaped = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')

export async function readResults(file: string): Promise<Results> {
  return Results.parse(JSON.parse(await readFile(file, 'utf8')))
}

/** What is said by a fault that is no program, or no SQL: no engineer would have got it past the first try. */
const BROKEN =
  /^\w*(Syntax|Reference)Error\b|syntax error at or near|does not exist|permission denied for|[Tt]imed out in \d+ms/

export function judge({ results, output }: Run): Verdict {
  if (results === undefined) return { kind: 'broke', because: firstError(output) }
  const tests = results.testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.map((test) => ({ ...test, file: name.slice(name.lastIndexOf('/test/') + 1) })),
  )
  const failed = tests.find(({ status }) => status === 'failed')
  if (failed !== undefined) {
    const [said = ''] = failed.failureMessages ?? []
    const [line = ''] = said.split('\n')
    if (BROKEN.test(line)) return { kind: 'broke', because: `${failed.fullName}: ${line}` }
    const by = line.startsWith('AssertionError') ? 'assertion' : 'error'
    return { kind: 'caught', by, file: failed.file, test: failed.fullName }
  }
  const unloaded = results.testResults.find(({ status }) => status === 'failed')
  if (unloaded !== undefined) return { kind: 'broke', because: unloaded.message.split('\n')[0] ?? 'not loaded' }
  if (!tests.some(({ status }) => status === 'passed'))
    return { kind: 'broke', because: `no test ran: ${firstError(output)}` }
  return { kind: 'missed' }
}

const firstError = (output: string): string =>
  output.split('\n').find((line) => /error/i.test(line)) ?? 'no reason given'

/** The files among these of which a test has failed, or none has passed, each with why. */
export function notPassed({ testResults }: Results, files: readonly string[]): string[] {
  return files.flatMap((file) => {
    const result = testResults.find(({ name }) => name.endsWith(`/${file}`))
    if (result === undefined) return `${file}: was not run`
    const failed = result.assertionResults.find(({ status }) => status === 'failed')
    if (failed !== undefined) return `${file}: ${failed.fullName}: ${failed.failureMessages?.[0]?.split('\n')[0]}`
    const isSound = result.status === 'passed' && result.assertionResults.some(({ status }) => status === 'passed')
    return isSound ? [] : `${file}: ${result.message.split('\n')[0] || 'no test ran'}`
  })
}
