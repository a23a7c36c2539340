/** `paybridge`: the command line. It knows the API only by HTTP, as every merchant's program does. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command, CommanderError, InvalidArgumentError } from 'commander'
import { z } from 'zod'
import { type Api, createApi } from './api.ts'
import { cursorOf } from './cursor.ts'
import { PAGE_MAX } from './event.ts'
import { getEvent, listEvents, resendEvent } from './events.ts'
import { Failure, misused } from './failure.ts'
import { listen } from './listen.ts'
import { createOutput, type Output } from './output.ts'
import { findTarget, PLATFORM_FOLDER, type Target } from './target.ts'
import { TRIGGERS, trigger } from './trigger.ts'

const common = z.object({ apiUrl: z.string().optional(), key: z.string().optional(), json: z.boolean().default(false) })

const listenOptions = z.object({
  forwardTo: z.string(),
  types: z.array(z.string()).optional(),
  after: z.int().optional(),
  resume: z.boolean(),
  secret: z.string().optional(),
})

const listOptions = z.object({ after: z.int(), type: z.string().optional(), limit: z.int() })

interface Ready {
  api: Api
  target: Target
  output: Output
}

/** Set once the options are read: a failure is told in the form that was asked for. */
let output = createOutput({ json: process.argv.includes('--json') })

async function prepare(command: Command): Promise<Ready> {
  const said = common.parse(command.optsWithGlobals())
  output = createOutput(said)
  const target = await findTarget(said, process.env, PLATFORM_FOLDER)
  return { api: createApi(target), target, output }
}

function readWhole(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It is a whole number, 0 or more.')
}

function readList(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}

const { version } = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')))

const program = new Command('paybridge')
  .description('What a developer needs of PayBridge at hand: events on this machine, made for real, and sent again.')
  .version(version)
  .option('--api-url <url>', 'where the API is (or PAYBRIDGE_API_URL; without both the local platform)')
  .option('--key <key>', "an API key (or PAYBRIDGE_API_KEY; without both the local platform's own)")
  .option('--json', 'one JSON object a line')
  .addHelpText('after', '\nExit codes: 0 done, 1 refused or not done, 2 misused, 3 the API is not reached.')
  .configureOutput({ outputError: (text) => output.failure(misused(text.replace(/^error: /, '').trim())) })
  .exitOverride()

program
  .command('listen')
  .description("send test events to a developer's machine as they happen, signed as the real ones")
  .requiredOption('--forward-to <url>', 'where they go, such as http://localhost:3000/hook')
  .option('--types <types>', 'only these: types, families (refund.*), separated by commas', readList)
  .option('--after <number>', 'begin after this event; 0 for all', readWhole)
  .option('--no-resume', 'begin with what happens from now on, not where the last run stopped')
  .option('--secret <whsec>', 'sign with this instead of a secret of its own')
  .action(async (_, command: Command) => {
    const { api, target, output } = await prepare(command)
    if (!target.key.startsWith('pb_test_'))
      throw misused('Only test events are forwarded: pass a key that begins with pb_test_.')
    const options = listenOptions.parse(command.opts())
    const stop = new AbortController()
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort())
    try {
      await listen(api, cursorOf(target, process.env), output, options, stop.signal)
    } catch (error) {
      if (!stop.signal.aborted) throw error
    }
  })

program
  .command('trigger')
  .description("make an event for real, at the local platform's simulators")
  .argument('<type>', TRIGGERS.join(', '))
  .action(async (type: string, _, command: Command) => {
    const { api, target, output } = await prepare(command)
    await trigger(api, output, target, type)
  })

const events = program.command('events').description('what happened')

events
  .command('list')
  .description('oldest first')
  .option('--after <number>', 'after this event', readWhole, 0)
  .option('--type <type>', 'of this type only')
  .option('--limit <number>', 'so many at most', readWhole, PAGE_MAX)
  .action(async (_, command: Command) => {
    const { api, output } = await prepare(command)
    await listEvents(api, output, listOptions.parse(command.opts()))
  })

events
  .command('get')
  .argument('<id>', 'evt_…')
  .description('one event')
  .action(async (id: string, _, command: Command) => {
    const { api, output } = await prepare(command)
    await getEvent(api, output, id)
  })

events
  .command('resend')
  .argument('<id>', 'evt_…')
  .description('send an event to its endpoints again')
  .option('--endpoint <id>', 'to this endpoint alone')
  .action(async (id: string, _, command: Command) => {
    const { api, output } = await prepare(command)
    const { endpoint } = z.object({ endpoint: z.string().optional() }).parse(command.opts())
    await resendEvent(api, output, id, endpoint)
  })

// Whoever reads the pipe has had enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(0)
})

try {
  await program.parseAsync()
} catch (error) {
  // Commander has said it already. Help and the version are no errors.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2
  else {
    output.failure(error)
    process.exitCode = error instanceof Failure ? error.exitCode : 1
  }
}
