/** `paybridge events …`, and what holds for every command: JSON for programs, words for people, exit codes for both. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startHook } from './hook.ts'
import { jsonLines, type RunOptions, run, start } from './run.ts'
import { KEY, type StandIn, startStandIn } from './stand-in-api.ts'

let api: StandIn
let state: string

beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), 'paybridge-cli-'))
})
afterAll(() => rm(state, { recursive: true }))

beforeEach(async () => {
  api = await startStandIn()
  api.happen('payment.created', 'payment.succeeded', 'refund.created')
})
afterEach(() => api[Symbol.asyncDispose]())

const ask = (args: string[], options: Partial<RunOptions> = {}) =>
  run(['--api-url', api.url, '--key', KEY, ...args], { state, ...options })

describe('events list', () => {
  test('gives a program each event as it is, one a line', async () => {
    const { code, stdout, stderr } = await ask(['events', 'list', '--json'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(jsonLines(stdout)).toEqual(api.events)
  })

  test('gives people number, time, type and ids', async () => {
    const { stdout } = await ask(['events', 'list', '--after', '1', '--type', 'payment.succeeded'])
    expect(stdout).toBe('     2  2026-11-24T09:30:00.000Z  payment.succeeded         evt_2  txn_2\n')
  })

  test('goes on page by page up to the limit, and says where to go on', async () => {
    api.happen(...Array.from({ length: 147 }, () => 'payment.failed'))
    const { stdout, stderr } = await ask(['events', 'list', '--json', '--limit', '120'])
    expect(jsonLines(stdout)).toEqual(api.events.slice(0, 120))
    expect(jsonLines(stderr)).toEqual([{ object: 'remark', message: 'There may be more: --after 120' }])
    const rest = await ask(['events', 'list', '--json', '--after', '120'])
    expect(jsonLines(rest.stdout)).toEqual(api.events.slice(120))
  })

  test('says that there is none', async () => {
    const nothing = await ask(['events', 'list', '--after', '3'])
    expect(nothing).toEqual({ code: 0, stdout: '', stderr: 'There is none.\n' })
  })

  test('ends quietly when its reader has had enough', async () => {
    api.happen(...Array.from({ length: 5_000 }, () => 'payment.failed'))
    const args = ['events', 'list', '--limit', '5000', '--api-url', api.url, '--key', KEY]
    await using listing = start(args, { state })
    await listing.line()
    listing.child.stdout.destroy()
    expect(await listing.ended).toMatchObject({ code: 0, stderr: '' })
  })
})

describe('events get', () => {
  test('gives the event, on one line for a program', async () => {
    expect(JSON.parse((await ask(['events', 'get', 'evt_2'])).stdout)).toEqual(api.events[1])
    expect(jsonLines((await ask(['--json', 'events', 'get', 'evt_2'])).stdout)).toEqual([api.events[1]])
  })

  test('of one that is not there ends with 1, and says what the API said', async () => {
    const { code, stdout, stderr } = await ask(['events', 'get', 'evt_9'])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toBe('Error: It is event_not_found. (event_not_found, req_1)\n')
  })
})

describe('events resend', () => {
  test('asks for all endpoints, or for one', async () => {
    expect(await ask(['events', 'resend', 'evt_2'])).toEqual({
      code: 0,
      stdout: 'evt_2 goes to 2 endpoints again.\n',
      stderr: '',
    })
    const one = await ask(['events', 'resend', 'evt_2', '--endpoint', 'whe_1', '--json'])
    expect(jsonLines(one.stdout)).toMatchObject([{ object: 'webhook_replay', scheduled: 2 }])
    expect(api.bodies).toEqual([{}, { endpoint_id: 'whe_1' }])
    expect(api.asked).toEqual(Array.from({ length: 2 }, () => 'POST /api/v1/events/evt_2/resend/'))
  })
})

describe('colours', () => {
  const list = ['events', 'list', '--limit', '1']
  const ESCAPE = '\u001b['

  test('are not in a pipe, nor where NO_COLOR is set', async () => {
    expect((await ask(list)).stdout).not.toContain(ESCAPE)
    expect((await ask(list, { env: { NO_COLOR: '1' } })).stdout).not.toContain(ESCAPE)
    expect((await ask(['events', 'get', 'evt_9'])).stderr).not.toContain(ESCAPE)
  })

  test('are there where they are forced, and never in JSON', async () => {
    const env = { FORCE_COLOR: '1' }
    expect((await ask(list, { env })).stdout).toContain(ESCAPE)
    expect((await ask([...list, '--json'], { env })).stdout).not.toContain(ESCAPE)
  })
})

describe('what goes wrong', () => {
  test('an API that is not reached ends it with 3, and what to do', async () => {
    await api[Symbol.asyncDispose]()
    const { code, stderr } = await ask(['events', 'list'])
    expect(code).toBe(3)
    expect(stderr).toContain(`${api.url} is not reached: ECONNREFUSED. "npm run dev" starts the local platform`)
  })

  test('what is no PayBridge is told', async () => {
    await using other = await startHook()
    const { code, stderr } = await ask(['events', 'list', '--api-url', other.url])
    expect(code).toBe(1)
    expect(stderr).toContain(`${other.url} did not answer /api/v1/events/ as PayBridge does`)
  })

  test.each([
    ['a number that is none', ['events', 'list', '--after', '-1'], "option '--after <number>'"],
    ['an unknown command', ['evnts'], "unknown command 'evnts'"],
    ['an unknown option', ['events', 'list', '--aftr', '1'], "unknown option '--aftr'"],
    ['an argument that is missing', ['events', 'get'], "missing required argument 'id'"],
    ['a key that is none', ['events', 'list', '--key', 'sk_test_1'], 'That is no API key'],
    ['a type that cannot be triggered', ['trigger', 'payment.expired'], 'What can: payment.created'],
  ])('%s ends it with 2, before the API is asked', async (_, args, message) => {
    const words = await ask(args)
    expect(words).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(message) })
    const json = await ask(['--json', ...args])
    expect(jsonLines(json.stderr)).toEqual([
      { object: 'error', code: 'misused', message: expect.stringContaining(message) },
    ])
    expect(api.asked).toEqual([])
  })

  test('nothing is triggered at an API elsewhere, or with a live key', async () => {
    const trigger = (...args: string[]) => run(['trigger', 'payment.created', ...args], { state })
    const far = await trigger('--api-url', 'https://api.example.com', '--key', KEY)
    expect(far).toMatchObject({ code: 2, stderr: expect.stringContaining('at the local platform only') })
    const live = await trigger('--api-url', api.url, '--key', 'pb_live_x')
    expect(live).toMatchObject({ code: 2, stderr: expect.stringContaining('with a test key only') })
  })
})

test('a Node that runs no TypeScript hands over to the project’s own, exit code and all', async () => {
  const options = { nodeOptions: ['--no-experimental-strip-types'] }
  expect(jsonLines((await ask(['events', 'list', '--json'], options)).stdout)).toEqual(api.events)
  expect((await ask(['events', 'get', 'evt_9'], options)).code).toBe(1)
})

test('the key and the address come from the environment, too', async () => {
  const env = { PAYBRIDGE_API_URL: `${api.url}/`, PAYBRIDGE_API_KEY: KEY }
  const { stdout } = await run(['events', 'list', '--json'], { state, env })
  expect(jsonLines(stdout)).toEqual(api.events)
})
