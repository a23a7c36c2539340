/** `npm run dev` as a person meets it: what it says, what it refuses, and that nothing outlives Ctrl-C. */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findPorts } from '../../../local/platform/ports.ts'
import { alive, descendantsOf, end } from './processes.ts'

const MAIN = join(import.meta.dirname, '../../../local/main.ts')

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'paybridge-test-'))
})
afterAll(async () => {
  // Where a test has failed, something may be left.
  for (const { pid } of started) if (pid !== undefined) end([...descendantsOf(pid), pid])
  await rm(folder, { recursive: true })
})

type Main = ChildProcessByStdio<null, Readable, Readable>

const started: Main[] = []

function start(...options: string[]): Main {
  const main = spawn(process.execPath, [MAIN, '--folder', folder, ...options], { stdio: ['ignore', 'pipe', 'pipe'] })
  started.push(main)
  return main
}

/** What it says until it says this. */
async function saidUntil(main: Main, wanted: string): Promise<string> {
  let said = ''
  for await (const chunk of main.stdout.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    said += chunk
    if (said.includes(wanted)) return said
  }
  throw new Error(`It ended and never said "${wanted}":\n${said}${await text(main.stderr)}`)
}

test('it serves the API, starts a payment as it says, and ends everything at Ctrl-C', async () => {
  const ports = await findPorts({ api: 0, database: 0, simulators: 0 })
  const main = start(
    ...['--port', String(ports.api), '--database-port', String(ports.database)],
    ...['--simulators-port', String(ports.simulators)],
  )
  const ended = once(main, 'exit')
  const said = await saidUntil(main, "}}'")

  const apiKey = /pb_test_\w+/.exec(said)?.[0]
  const [, order = ''] = /-d '(.*)'/.exec(said) ?? []
  const response = await fetch(`http://127.0.0.1:${ports.api}/api/v1/transactions/initiate_payment/`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: order,
  })
  expect(response.status).toBe(201)
  expect(await response.json()).toMatchObject({
    checkout_url: expect.stringContaining(`http://127.0.0.1:${ports.simulators}/paystack/checkout/`),
  })

  const children = descendantsOf(main.pid ?? 0)
  expect(children).not.toEqual([])
  main.kill('SIGINT')
  expect(await ended).toEqual([0, null])
  expect(alive(children)).toEqual([])
  // Taken again at once: nobody listens there any more.
  expect(await findPorts(ports)).toEqual(ports)
})

test('a port that is taken ends it at once, with the port and its option', async () => {
  await using server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const main = start('--port', String(port))
  const [[code], said] = await Promise.all([once(main, 'exit'), text(main.stderr)])
  expect(code).toBe(1)
  expect(said).toContain(`Port ${port}, for the API, is in use already: change it with --port.`)
  expect(said).not.toContain('    at ')
})

test.each([
  ['an unknown option', ['--prot', '8787'], '--prot'],
  ['a port that is none', ['--port', '99999'], '--port is a number from 0 to 65535, not "99999"'],
])('%s is told', async (_, options, message) => {
  const main = start(...options)
  const [[code], said] = await Promise.all([once(main, 'exit'), text(main.stderr)])
  expect(code).toBe(1)
  expect(said).toContain(message)
})
