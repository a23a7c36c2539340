import { describe, expect, test } from 'vitest'
import { createErrorReport } from '../../src/platform/error-report.ts'
import { createLog, redact } from '../../src/platform/log.ts'

/** Each holds a secret that must not be read anywhere. */
const SECRETS = [
  'pb_test_0123456789ABCDEFabcdef',
  'pb_live_0123456789ABCDEFabcdef',
  'pbr_0123456789ABCDEFabcdef',
  'pbt_0123456789ABCDEFabcdef',
  'sk_live_0123456789abcdef',
  'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1In0.c2lnbmF0dXJl',
  'postgresql://paybridge_api:hunter2@db.example.com/paybridge',
]

describe('what is secret is written nowhere', () => {
  test.each(SECRETS)('%s', (secret) => {
    const redacted = redact(`before ${secret} after`)
    expect(redacted).not.toContain(secret)
    expect(redacted).toMatch(/^before .*\[redacted\].* after$/)
    expect(redacted).not.toContain('hunter2')
  })

  test('a log line is one line of JSON, redacted, and the error is reported', () => {
    const lines: string[] = []
    const reported: unknown[] = []
    const log = createLog(
      (line) => lines.push(line),
      (error) => reported.push(error),
    )
    const error = new Error(`failed for ${SECRETS[0]}\nsecond line`)
    log.error('broken', error, { key: SECRETS[3] })
    expect(lines).toHaveLength(1)
    expect(lines[0]).not.toContain('\n')
    for (const secret of SECRETS) expect(lines[0]).not.toContain(secret)
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'error', event: 'broken' })
    expect(reported).toEqual([error])
  })
})

describe('Sentry', () => {
  const DSN = 'https://publickey@sentry.example.com/42'

  async function report(error: unknown, answer: () => Promise<Response> = async () => new Response('{}')) {
    const sent: { url: string; body: string }[] = []
    const work: Promise<unknown>[] = []
    const tell = createErrorReport(DSN, {
      environment: 'production',
      defer: (deferred) => work.push(deferred),
      async fetch(request) {
        sent.push({ url: request.url, body: await request.text() })
        return answer()
      },
    })
    tell(error)
    await Promise.all(work)
    return sent
  }

  test('is told what broke and where, and no secret', async () => {
    const [sent] = await report(new TypeError(`no key ${SECRETS[0]}`))
    expect(sent?.url).toContain('https://sentry.example.com/api/42/envelope/')
    const event = JSON.parse(sent?.body.split('\n')[2] ?? '')
    expect(event).toMatchObject({ environment: 'production', exception: { values: [{ type: 'TypeError' }] } })
    expect(event.exception.values[0].stacktrace.frames.length).toBeGreaterThan(0)
    expect(sent?.body).not.toContain(SECRETS[0])
  })

  test('that can’t be reached costs nothing', async () => {
    const sent = await report(new Error('x'), async () => {
      throw new TypeError('unreachable')
    })
    expect(sent).toHaveLength(1)
  })
})
