/** The way out over real connections: receivers that hang, drip, flood, lie, break off and lead astray. */

import { createServer, type Server, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterEach, expect, test } from 'vitest'
import { LIMITS } from '../../../src/domain/limits.ts'
import type { Posted } from '../../../src/operations/deps.ts'
import { createEgress } from '../../../src/platform/egress.ts'

const servers: Server[] = []

afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((closed) => server.close(closed))
})

interface Receiver {
  port: number
  /** How many connections were made. */
  connections(): number
  /** Resolves when the sender has let go of its connection. */
  left: Promise<void>
}

/** @param answer is called once the request has begun to arrive */
async function receive(answer: (socket: Socket) => void): Promise<Receiver> {
  let connections = 0
  let leave = () => {}
  const left = new Promise<void>((resolve) => {
    leave = resolve
  })
  const server = createServer((socket) => {
    connections += 1
    socket.on('error', () => {})
    socket.on('close', () => leave())
    socket.once('data', () => answer(socket))
  })
  servers.push(server)
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return { port: address.port, connections: () => connections, left }
}

/** Posts to the receiver; the time is up when the test says so. */
function post({ port }: Receiver, timeUp = new AbortController()): Promise<Posted> {
  const egress = createEgress({
    clock: { now: () => new Date(0), deadline: () => timeUp.signal },
    fetch,
    resolve: async () => undefined,
    allowLoopback: true,
  })
  return egress.post(`http://127.0.0.1:${port}/hook`, { 'content-type': 'application/json' }, '{}')
}

const TIMED_OUT = { kind: 'failed', outcome: 'timed_out', durationMs: 0 }
const UNREACHABLE = { kind: 'failed', outcome: 'unreachable', durationMs: 0 }
const OK = 'HTTP/1.1 200 OK\r\n'

test('who closes at once is unreachable', async () => {
  expect(await post(await receive((socket) => socket.destroy()))).toEqual(UNREACHABLE)
})

test('a port where nobody listens is unreachable', async () => {
  const receiver = await receive(() => {})
  await new Promise((closed) => servers.pop()?.close(closed))
  expect(await post(receiver)).toEqual(UNREACHABLE)
})

test.each([
  ['what is no HTTP', 'SSH-2.0-OpenSSH_9.9\r\n'],
  ['an answer that breaks off in its head', `${OK}Content-Ty`],
  ['an answer that breaks off in its body', `${OK}Content-Length: 1000000\r\n\r\nhello`],
  ['a chunk that breaks off', `${OK}Transfer-Encoding: chunked\r\n\r\nffffffff\r\nhello`],
  ['a head of a megabyte', `${OK}X-Large: ${'x'.repeat(1_048_576)}\r\n\r\n`],
  ['what is not the gzip that it says', `${OK}Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello`],
])('%s is no answer', async (_what, bytes) => {
  expect(await post(await receive((socket) => socket.end(bytes)))).toEqual(UNREACHABLE)
})

test.each([
  ['never answers', ''],
  ['begins its head and goes on no further', `${OK}X-Slow: `],
  ['sends its head and nothing more', `${OK}Content-Length: 10\r\n\r\n`],
  ['begins its body and goes on no further', `${OK}Content-Length: 10\r\n\r\nhel`],
])('who %s is given up when the time is up, and let go', async (_what, bytes) => {
  const timeUp = new AbortController()
  const receiver = await receive((socket) => {
    socket.write(bytes, () => timeUp.abort())
  })
  expect(await post(receiver, timeUp)).toEqual(TIMED_OUT)
  await receiver.left
})

test.each([
  ['head', `${OK}X-Slow: `],
  ['body', `${OK}\r\n`],
])('a %s that comes byte by byte, and would never end, is given up when the time is up', async (_what, bytes) => {
  const timeUp = new AbortController()
  const receiver = await receive((socket) => {
    let sent = 0
    const drip = () => {
      sent += 1
      if (sent === 100) timeUp.abort()
      if (!socket.destroyed) socket.write('x', () => setImmediate(drip))
    }
    socket.write(bytes, drip)
  })
  expect(await post(receiver, timeUp)).toEqual(TIMED_OUT)
  await receiver.left
})

test('of gigabytes as much is read as the bound says, and the rest is let go', async () => {
  let sentBytes = 0
  const chunk = Buffer.alloc(65_536, 'a')
  const receiver = await receive((socket) => {
    const flood = () => {
      if (socket.destroyed) return
      sentBytes += chunk.length
      socket.write(chunk, flood)
    }
    socket.write(`${OK}Content-Length: 5000000000\r\n\r\n`, flood)
  })
  expect(await post(receiver)).toMatchObject({
    kind: 'answered',
    status: 200,
    body: 'a'.repeat(LIMITS.deliveryAnswerBytesKept),
  })
  await receiver.left
  // What lay in the buffers of both ends of the connection.
  expect(sentBytes).toBeLessThan(64 * 1_048_576)
})

test('an answer that unpacks to a thousand times its size is read no further either', async () => {
  const packed = gzipSync(Buffer.alloc(64 * 1_048_576, 'b'))
  const head = `${OK}Content-Encoding: gzip\r\nContent-Length: ${packed.length}\r\nConnection: close\r\n\r\n`
  const receiver = await receive((socket) => socket.end(Buffer.concat([Buffer.from(head), packed])))
  expect(await post(receiver)).toMatchObject({ kind: 'answered', body: 'b'.repeat(LIMITS.deliveryAnswerBytesKept) })
})

test.each([301, 302, 303, 307, 308])('%d to another address is an answer, and leads nowhere', async (status) => {
  const inner = await receive((socket) => socket.end(`${OK}Content-Length: 0\r\n\r\n`))
  const location = `http://127.0.0.1:${inner.port}/admin`
  const outer = await receive((socket) =>
    socket.end(`HTTP/1.1 ${status} Away\r\nLocation: ${location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`),
  )
  expect(await post(outer)).toEqual({ kind: 'answered', status, body: '', durationMs: 0 })
  expect([outer.connections(), inner.connections()]).toEqual([1, 0])
})
