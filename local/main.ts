/** `npm run dev`: the local platform on a terminal, until Ctrl-C. */
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { renderLogLine } from './platform/log-line.ts'
import { DEFAULT_PORTS } from './platform/ports.ts'
import { DEFAULT_FOLDER, type Platform, type PlatformOptions, startPlatform } from './platform/start.ts'
import { StartRefused } from './platform/start-refused.ts'
import { DEMO_LOGIN } from './seed.ts'
import { SIMULATOR_NAMES } from './simulators/index.ts'

const USAGE = `Usage: npm run dev -- [options]

  --port <port>            of the API (default ${DEFAULT_PORTS.api}; 0 takes any free port, here and below)
  --database-port <port>   of the server that speaks Neon's protocol (default ${DEFAULT_PORTS.database})
  --simulators-port <port> of the providers' simulators (default ${DEFAULT_PORTS.simulators})
  --folder <folder>        where the database and everything else is kept (default .paybridge)
  --latency-ms <ms>        added to each database round trip (default 0)
  --reset                  start from an empty database
  --help                   show this
`

type Wanted = Omit<PlatformOptions, 'write' | 'signal'>

/** @returns undefined where help is asked for; throws what `parseArgs` throws, and a RangeError */
function readArguments(): Wanted | undefined {
  const { values } = parseArgs({
    options: {
      port: { type: 'string' },
      'database-port': { type: 'string' },
      'simulators-port': { type: 'string' },
      folder: { type: 'string' },
      'latency-ms': { type: 'string', default: '0' },
      reset: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return undefined
  const port = (option: 'port' | 'database-port' | 'simulators-port', unsaid: number) =>
    values[option] === undefined ? unsaid : readNumber(option, values[option], 65_535)
  return {
    ports: {
      api: port('port', DEFAULT_PORTS.api),
      database: port('database-port', DEFAULT_PORTS.database),
      simulators: port('simulators-port', DEFAULT_PORTS.simulators),
    },
    folder: resolve(values.folder ?? DEFAULT_FOLDER),
    databaseLatencyMs: readNumber('latency-ms', values['latency-ms'], 60_000),
    reset: values.reset,
  }
}

function readNumber(option: string, text: string, max: number): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= max) return Number(text)
  throw new RangeError(`--${option} is a number from 0 to ${max}, not "${text}"`)
}

async function run(wanted: Wanted): Promise<void> {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort())
  if (process.env.npm_lifecycle_event !== undefined) whenOrphaned(() => stop.abort())
  const stopped = new Promise<void>((done) => stop.signal.addEventListener('abort', () => done()))
  const write = (line: string) => {
    if (!stop.signal.aborted) console.log(process.stdout.isTTY ? renderLogLine(line, new Date()) : line)
  }
  console.log('Starting Postgres, the providers’ simulators and the Worker …')
  try {
    await using platform = await startPlatform({ ...wanted, write, signal: stop.signal })
    console.log(greeting(platform))
    await Promise.race([stopped, platform.ended])
  } catch (error) {
    if (!stop.signal.aborted) throw error
  }
  console.log('Stopped.')
}

/** An npm that is told to end takes its shell along, and leaves what it ran behind. */
function whenOrphaned(act: () => void): void {
  const parent = process.ppid
  setInterval(() => process.ppid !== parent && act(), 500).unref()
}

function greeting({ apiUrl, simulatorsUrl, demo }: Platform): string {
  const order = JSON.stringify({ amount: 150_000, currency: 'NGN', customer: { email: 'ada@customer.test' } })
  const headers = `-H 'Authorization: Bearer ${demo.apiKey}' -H 'Content-Type: application/json'`
  // The time since this process began, which is what somebody waits for.
  return `
PayBridge is ready after ${(performance.now() / 1000).toFixed(1)} s. Ctrl-C ends it.

  API       ${apiUrl}
  Docs      ${apiUrl}/api/docs/
  API key   ${demo.apiKey}
  Log in    ${DEMO_LOGIN.email}, password ${DEMO_LOGIN.password}
  Providers ${SIMULATOR_NAMES.map((name) => `${simulatorsUrl}/${name} (simulator)`).join('\n            ')}

Start a payment, and open its checkout_url in a browser:

  curl ${apiUrl}/api/v1/transactions/initiate_payment/ ${headers} -d '${order}'
`
}

try {
  const wanted = readArguments()
  if (wanted === undefined) console.log(USAGE)
  else await run(wanted)
} catch (error) {
  const foreseen = error instanceof StartRefused || error instanceof RangeError
  const misused = error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
  console.error(misused ? `${error.message}\n\n${USAGE}` : foreseen ? error.message : error)
  process.exitCode = 1
}
