/** Runs the real command line, in an environment with nothing of this machine's in it. */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { hear } from '../../support/secrets.ts'

const ENTRY = join(import.meta.dirname, '../../../cli/paybridge.js')

export interface RunOptions {
  /** Where the user's state is kept. */
  state: string
  env?: Record<string, string>
  /** Of Node itself. */
  nodeOptions?: string[]
}

export interface Running extends AsyncDisposable {
  child: ChildProcessByStdio<null, Readable, Readable>
  /** The next line of standard output. @throws where it ends before */
  line(): Promise<string>
  /** Resolves with what it said and its exit code, once it has ended. */
  ended: Promise<Ended>
}

export interface Ended {
  code: number | null
  stdout: string
  stderr: string
}

export function start(args: readonly string[], { state, env = {}, nodeOptions = [] }: RunOptions): Running {
  const child = spawn(process.execPath, [...nodeOptions, ENTRY, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, HOME: state, XDG_STATE_HOME: state, ...env },
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    stdout += chunk
  })
  child.stderr.setEncoding('utf8').on('data', (chunk) => {
    stderr += chunk
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const ended = once(child, 'close').then(([code]): Ended => {
    // What `listen` signs with is made for this run and shown once, for the developer to verify with.
    hear('what the command line said', `${stdout.replace(/whsec_[\w+/]+=*/, '')}\n${stderr}`)
    return { code, stdout, stderr }
  })
  return {
    child,
    async line() {
      const next = await lines.next()
      if (!next.done) return next.value
      throw new Error(`It ended: ${JSON.stringify(await ended)}`)
    },
    ended,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

export async function run(args: readonly string[], options: RunOptions): Promise<Ended> {
  await using running = start(args, options)
  return await running.ended
}

/** Every line as JSON. @throws where one is not */
export const jsonLines = (text: string): unknown[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
