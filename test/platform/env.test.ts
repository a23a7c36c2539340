import { describe, expect, test } from 'vitest'
import { parseSettings, SettingsError } from '../../src/env.ts'

const KEY = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8='
const GOOD = {
  ENVIRONMENT: 'production',
  DATABASE_URL: 'postgresql://paybridge_api:secret-1@db.example.com/paybridge',
  WORKER_DATABASE_URL: 'postgresql://paybridge_worker:secret-2@db.example.com/paybridge',
  SEALING_KEYS: `a:${KEY}`,
  TOKEN_KEYS: `a:${KEY}`,
}

function messageFor(change: Record<string, string | undefined>): string {
  try {
    parseSettings({ ...GOOD, ...change })
  } catch (error) {
    if (error instanceof SettingsError) return error.message
    throw error
  }
  return 'accepted'
}

describe('settings', () => {
  test('good ones are taken, and bindings beside them are none of their business', () => {
    expect(parseSettings({ ...GOOD, PROVIDER_EVENTS: {} })).toMatchObject({ ENVIRONMENT: 'production' })
  })

  test.each([
    ['no environment', { ENVIRONMENT: undefined }, 'ENVIRONMENT'],
    ['an environment of another name', { ENVIRONMENT: 'staging' }, 'ENVIRONMENT'],
    ['no database', { DATABASE_URL: undefined }, 'DATABASE_URL'],
    ['an empty database', { DATABASE_URL: '' }, 'DATABASE_URL'],
    ['a database that is none', { WORKER_DATABASE_URL: 'https://db.example.com' }, 'WORKER_DATABASE_URL'],
    ['no sealing key', { SEALING_KEYS: undefined }, 'SEALING_KEYS'],
    ['a sealing key that is too short', { SEALING_KEYS: 'a:AAEC' }, 'SEALING_KEYS'],
    ['token keys without a name', { TOKEN_KEYS: KEY }, 'TOKEN_KEYS'],
    ['a DSN that is no URL', { SENTRY_DSN: 'sentry' }, 'SENTRY_DSN'],
    ['a simulator in production', { LOCAL_PROVIDERS_URL: 'http://127.0.0.1:4010' }, 'LOCAL_PROVIDERS_URL'],
    [
      'the local database in production',
      { LOCAL_DATABASE_ENDPOINT: 'http://127.0.0.1:5488/sql' },
      'LOCAL_DATABASE_ENDPOINT',
    ],
  ])('%s is refused with its name', (_what, change, name) => {
    expect(messageFor(change)).toContain(name)
  })

  test('the message never shows a value', () => {
    const message = messageFor({
      DATABASE_URL: 'mysql://u:hunter2@h/d',
      SEALING_KEYS: `a:${KEY},a:${KEY}`,
      ENVIRONMENT: 'x',
    })
    expect(message).toContain('SEALING_KEYS')
    expect(message).not.toMatch(/hunter2|AAEC/)
  })

  test('on the local platform simulators may be named', () => {
    expect(messageFor({ ENVIRONMENT: 'local', LOCAL_PROVIDERS_URL: 'http://127.0.0.1:4010' })).toBe('accepted')
  })
})
