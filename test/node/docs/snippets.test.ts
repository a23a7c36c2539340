/** The snippets of the docs are files, and the ones that run here verify what we sign and refuse what we didn't. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { snippetsModule } from '../../../local/docs-snippets.ts'
import { webhookHeaders } from '../../../src/crypto/standard-webhooks.ts'
import { SNIPPETS } from '../../../src/http/docs-snippets.ts'

const ROOT = join(import.meta.dirname, '../../..')
const FOLDER = join(ROOT, 'docs/snippets')
const onDisk = Object.fromEntries(readdirSync(FOLDER).map((file) => [file, readFileSync(join(FOLDER, file), 'utf8')]))

test('the module that the page is made from is the files: `npm run docs-snippets` brings it up to date', async () => {
  expect(SNIPPETS).toEqual(onDisk)
  expect(readFileSync(join(ROOT, 'src/http/docs-snippets.ts'), 'utf8')).toBe(await snippetsModule())
})

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const BODY = JSON.stringify({ id: 'evt_1', type: 'payment.succeeded' })

interface Receiver {
  url: string
  output(): string
  stop(): Promise<void>
}

/** Starts a snippet as its reader would, and waits until it listens. */
async function start(command: string, file: string): Promise<Receiver> {
  const port = await freePort()
  const receiver = spawn(command, [join(FOLDER, file)], {
    cwd: ROOT,
    env: { ...process.env, PAYBRIDGE_WEBHOOK_SECRET: SECRET, PORT: String(port) },
  })
  const said: string[] = []
  receiver.stdout.on('data', (chunk) => said.push(String(chunk)))
  receiver.stderr.on('data', (chunk) => said.push(String(chunk)))
  const ended = once(receiver, 'close')
  const url = `http://127.0.0.1:${port}/hook`
  for (;;) {
    if (receiver.exitCode !== null) throw new Error(`${file} ended: ${said.join('')}`)
    if (await answers(port)) break
  }
  return {
    url,
    output: () => said.join(''),
    async stop() {
      receiver.kill()
      await ended
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('a server without a port')
  server.close()
  await once(server, 'close')
  return address.port
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

/** The snippets know no clock but the machine's. */
async function post(url: string, { secret = SECRET, body = BODY, ageSeconds = 0 }): Promise<number> {
  const timestampSeconds = Math.floor(Date.now() / 1000) - ageSeconds
  const headers = await webhookHeaders([secret], { id: 'evt_1', timestampSeconds, body: BODY })
  const { status } = await fetch(url, { method: 'POST', headers: { ...headers }, body })
  return status
}

describe.each([
  ['node', 'verify.mjs'],
  ['python3', 'verify_without_library.py'],
])('%s %s', (command, file) => {
  test('takes what we signed, and nothing else', async () => {
    const receiver = await start(command, file)
    const statuses = [
      await post(receiver.url, {}),
      await post(receiver.url, { body: BODY.replace('1', '2') }),
      await post(receiver.url, { secret: `whsec_${Buffer.alloc(32, 8).toString('base64')}` }),
      await post(receiver.url, { ageSeconds: 3_600 }),
    ]
    // What it printed is all here only when it has ended.
    await receiver.stop()
    expect(statuses).toEqual([204, 400, 400, 400])
    expect(receiver.output().match(/payment\.\w+ evt_\d/g)).toEqual(['payment.succeeded evt_1'])
  })
})
