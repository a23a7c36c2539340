/** The bridge as a server: what it refuses before any database is asked, its limits, its port and its latency. */
import { request as httpRequest } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Backend } from '../../../local/database/backend.ts'
import { BODY_BYTES_MAX, type Bridge, PortTaken, startBridge } from '../../../local/database/bridge.ts'

/** Answers every statement with its own text, or as the statement tells it. */
const echo: Backend = {
  execute: async (_, work) => {
    const statements = work.kind === 'statement' ? [work.statement] : work.statements
    if (statements[0]?.query === 'fail') throw new Error('The disk is gone')
    if (statements[0]?.query === 'hang') return new Promise(() => {})
    const field = { name: 'query', tableID: 0, columnID: 0, dataTypeID: 25, dataTypeSize: -1, dataTypeModifier: -1 }
    return statements.map(({ query }) => ({ command: 'SELECT', rowCount: 1, fields: [field], rows: [[query]] }))
  },
  close: async () => {},
}

const wellFormed = {
  'neon-connection-string': 'postgres://user:s3cret@host/database',
  'neon-raw-text-output': 'true',
  'neon-array-mode': 'true',
}

async function post(bridge: Bridge, body: string, headers: Record<string, string | undefined> = {}) {
  const given = Object.entries({ ...wellFormed, ...headers }).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] satisfies [string, string]],
  )
  const response = await fetch(bridge.url, { method: 'POST', headers: given, body })
  return { status: response.status, json: JSON.parse(await response.text()) }
}

describe('the bridge, to any HTTP client', () => {
  let bridge: Bridge
  beforeAll(async () => {
    bridge = await startBridge({ backend: echo, port: 0 })
  })
  afterAll(() => bridge.close())

  test('a well-formed request is answered', async () => {
    expect(await post(bridge, '{"query":"SELECT 1","params":[]}')).toMatchObject({
      status: 200,
      json: { rows: [['SELECT 1']] },
    })
  })

  test('rows are objects where array mode is not asked for', async () => {
    const { json } = await post(bridge, '{"query":"SELECT 1","params":[]}', { 'neon-array-mode': undefined })
    expect(json).toMatchObject({ rows: [{ query: 'SELECT 1' }], rowAsArray: false })
  })

  test.each([
    { wrong: 'no JSON', body: '{"query":' },
    { wrong: 'no statement', body: '{}' },
    { wrong: 'a statement and a batch', body: '{"query":"SELECT 1","params":[],"queries":[]}' },
    { wrong: 'parameters that are no list', body: '{"query":"SELECT 1","params":{}}' },
    { wrong: 'a parameter that is no text', body: '{"query":"SELECT 1","params":[{}]}' },
    { wrong: 'a NUL in the statement', body: '{"query":"SELECT 1\\u0000","params":[]}' },
    { wrong: 'no raw text', headers: { 'neon-raw-text-output': undefined } },
    { wrong: 'no connection string', headers: { 'neon-connection-string': undefined } },
    { wrong: 'no URL', headers: { 'neon-connection-string': 's3cret' } },
    { wrong: 'another scheme', headers: { 'neon-connection-string': 'mysql://user:s3cret@host/database' } },
    { wrong: 'no user', headers: { 'neon-connection-string': 'postgres://:s3cret@host/database' } },
    { wrong: 'no password', headers: { 'neon-connection-string': 'postgres://user@host/database' } },
    { wrong: 'no database', headers: { 'neon-connection-string': 'postgres://user:s3cret@host/' } },
    { wrong: 'a NUL in the user', headers: { 'neon-connection-string': 'postgres://u%00:s3cret@host/database' } },
    { wrong: 'a broken escape', headers: { 'neon-connection-string': 'postgres://u%:s3cret@host/database' } },
    {
      wrong: 'an unknown isolation level',
      body: '{"queries":[]}',
      headers: { 'neon-batch-isolation-level': 'Snapshot' },
    },
  ])('$wrong is a 400 that gives no secret away', async ({ body = '{"query":"SELECT 1","params":[]}', headers }) => {
    const { status, json } = await post(bridge, body, headers)
    expect(status).toBe(400)
    expect(json).toEqual({ message: expect.any(String) })
    expect(json.message).not.toContain('s3cret')
  })

  test('a failure that Postgres did not report is a 500', async () => {
    expect(await post(bridge, '{"query":"fail","params":[]}')).toEqual({
      status: 500,
      json: { message: 'The disk is gone' },
    })
  })

  test.each([
    { method: 'GET', path: '/sql' },
    { method: 'POST', path: '/' },
  ])('$method $path is a 404 and no round trip', async ({ method, path }) => {
    const before = bridge.requestCount()
    expect((await fetch(new URL(path, bridge.url), { method })).status).toBe(404)
    expect(bridge.requestCount()).toBe(before)
  })

  test.each([
    { how: 'by its header', headers: { 'content-length': BODY_BYTES_MAX + 1 }, body: '' },
    { how: 'as it arrives', headers: { 'transfer-encoding': 'chunked' }, body: ' '.repeat(BODY_BYTES_MAX + 1) },
  ])('a body beyond the limit is a 413, $how', async ({ headers, body }) => {
    const { promise: status, resolve, reject } = Promise.withResolvers<number | undefined>()
    const request = httpRequest(bridge.url, { method: 'POST', headers: { ...wellFormed, ...headers } })
    request.on('response', (response) => resolve(response.statusCode)).on('error', reject)
    request.write(body)
    expect(await status).toBe(413)
    request.destroy()
  })
})

test('a port that is taken is an error that names the port', async () => {
  const first = await startBridge({ backend: echo, port: 0 })
  try {
    const error = await startBridge({ backend: echo, port: first.port }).catch((thrown) => thrown)
    expect(error).toBeInstanceOf(PortTaken)
    expect(error).toMatchObject({ port: first.port, message: expect.stringContaining(String(first.port)) })
  } finally {
    await first.close()
  }
})

test('a bridge that is closed has left its port, whoever still waits for an answer', async () => {
  const first = await startBridge({ backend: echo, port: 0 })
  const unanswered = post(first, '{"query":"hang"}').catch(() => 'cut off')
  await expect.poll(first.requestCount).toBe(1)
  await first.close()
  expect(await unanswered).toBe('cut off')
  const second = await startBridge({ backend: echo, port: first.port })
  await second.close()
})

test('the latency comes before the answer', async () => {
  const bridge = await startBridge({ backend: echo, port: 0, latencyMs: 40 })
  const started = performance.now()
  expect(await post(bridge, '{"query":"SELECT 1","params":[]}')).toMatchObject({ status: 200 })
  // A timer may fire within the millisecond before its time.
  expect(performance.now() - started).toBeGreaterThan(39)
  await bridge.close()
})
