/** What a merchant types in to connect an account, and that nobody is ever shown it again. */

import { expect } from 'vitest'
import type { Case, Theme } from '../case.ts'
import { type Kit, PROVIDERS_PATH, transactionPath } from '../kit.ts'

export const credentialCases: Theme = ({ credentialFields }) => [
  ...credentialFields.flatMap((field) => FAULTS.map((fault) => refusesField(field, fault))),
  ...FORMS,
  ...CHECKS,
  ...SECRECY,
]

type Typed = Record<string, unknown>

interface Fault {
  what: string
  spoil(typed: Typed, field: string): Typed
}

const without = (typed: Typed, field: string): Typed =>
  Object.fromEntries(Object.entries(typed).filter(([name]) => name !== field))

const FAULTS: readonly Fault[] = [
  { what: 'is missing', spoil: without },
  { what: 'holds a line break', spoil: (typed, field) => ({ ...typed, [field]: `${typed[field]}\n` }) },
  { what: 'is longer than any', spoil: (typed, field) => ({ ...typed, [field]: `${typed[field]}${'a'.repeat(900)}` }) },
  {
    what: 'is called something else',
    spoil: (typed, field) => ({ ...without(typed, field), [`${field}_`]: typed[field] }),
  },
]

function connect({ subject, api }: Kit, credentials: Typed) {
  return api.post(PROVIDERS_PATH, { provider: subject.name, credentials })
}

function refusesField(field: string, { what, spoil }: Fault): Case {
  return {
    name: `credentials of which ${field} ${what} are refused by the field, and are not repeated in the answer`,
    async run(kit) {
      const { credentials } = kit.driver.openAccount(kit.subject.mode)
      const refused = await connect(kit, spoil(credentials, field))
      expect(refused).toMatchObject({ status: 422, body: { code: 'credentials_malformed' } })
      const [error] = refused.body.errors
      expect([`credentials.${field}`, `credentials.${field}_`]).toContain(error.field)
      expectNoSecret(Object.values(credentials), [JSON.stringify(refused.body)])
      expect((await kit.api.get(PROVIDERS_PATH)).body.data).toHaveLength(1)
    },
  }
}

const FORMS: readonly Case[] = [
  {
    name: 'a field too many is refused by its name',
    async run(kit) {
      const { credentials } = kit.driver.openAccount(kit.subject.mode)
      expect(await connect(kit, { ...credentials, pin: '1234' })).toMatchObject({
        status: 422,
        body: { code: 'credentials_malformed', errors: [{ field: 'credentials.pin' }] },
      })
    },
  },
  {
    name: 'no credentials at all are refused by the first field',
    async run(kit) {
      const refused = await connect(kit, {})
      expect(refused).toMatchObject({ status: 422, body: { code: 'credentials_malformed' } })
      expect(refused.body.errors[0].field).toMatch(/^credentials\.\w+$/)
    },
  },
  {
    name: 'credentials of the other mode are refused as such',
    async run(kit) {
      const { credentials } = kit.driver.openAccount(kit.subject.mode === 'test' ? 'live' : 'test')
      const refused = await connect(kit, credentials)
      expect(refused).toMatchObject({
        status: 422,
        body: { code: 'credentials_wrong_mode', errors: [{ field: 'credentials' }] },
      })
      expectNoSecret(Object.values(credentials), [JSON.stringify(refused.body)])
    },
  },
  {
    name: 'a field that is a number is refused',
    async run(kit) {
      const { credentials } = kit.driver.openAccount(kit.subject.mode)
      const [field = ''] = kit.subject.credentialFields
      expect((await connect(kit, { ...credentials, [field]: 12_345_678 })).status).toBe(422)
    },
  },
  {
    name: 'credentials of the other mode do not replace those that work',
    async run(kit) {
      const { credentials } = kit.driver.openAccount(kit.subject.mode === 'test' ? 'live' : 'test')
      const changed = await kit.api.patch(`${PROVIDERS_PATH}${kit.connectionId}/`, { credentials })
      expect(changed).toMatchObject({ status: 422, body: { code: 'credentials_wrong_mode' } })
      await kit.openPaid()
    },
  },
  {
    name: 'both modes of a provider are connected by one merchant, each in its own',
    async run(kit) {
      const mode = kit.subject.mode === 'test' ? 'live' : 'test'
      const { credentials } = kit.driver.openAccount(mode)
      const made = await kit.merchant.person.post(
        PROVIDERS_PATH,
        { provider: kit.subject.name, credentials },
        { 'paybridge-mode': mode },
      )
      expect(made).toMatchObject({ status: 201, body: { mode } })
      expect((await kit.api.get(PROVIDERS_PATH)).body.data).toMatchObject([{ id: kit.connectionId }])
    },
  },
]

const CHECKS: readonly Case[] = [
  {
    name: 'credentials that work are checked as valid, by one call that changes nothing',
    async run(kit) {
      const calls = await kit.countCalls(async () => {
        const checked = await kit.api.post(`${PROVIDERS_PATH}${kit.connectionId}/check/`)
        expect(checked).toMatchObject({ status: 200, body: { check_result: 'valid', check_message: null } })
      })
      expect(calls).toBe(1)
      expect(kit.driver.books(kit.account)).toEqual([])
    },
  },
  {
    name: 'new credentials that work are used from then on',
    async run(kit) {
      const account = kit.driver.openAccount(kit.subject.mode)
      const path = `${PROVIDERS_PATH}${kit.connectionId}/`
      expect((await kit.api.patch(path, { credentials: account.credentials })).status).toBe(200)
      const payment = await kit.open()
      expect(kit.driver.books(kit.account)).toEqual([])
      expect(kit.driver.books(account)).toMatchObject([{ reference: payment.reference }])
    },
  },
]

const SECRECY: readonly Case[] = [
  {
    name: 'after all that can be done with a connection, no answer, event or log line holds a secret of it',
    async run(kit) {
      const { api, connectionId } = kit
      const payment = await kit.openPaid()
      const refunded = await kit.refund(payment)
      await kit.pass(3_600_000)
      const run = await kit.reconcile()
      const checked = await api.post(`${PROVIDERS_PATH}${connectionId}/check/`)
      const changed = await api.patch(`${PROVIDERS_PATH}${connectionId}/`, { name: 'Till 2' })
      const { credentials } = kit.driver.openAccount(kit.subject.mode)
      const made = await connect(kit, credentials)
      const read = await Promise.all(
        [
          ...[
            PROVIDERS_PATH,
            `${PROVIDERS_PATH}${connectionId}/`,
            '/api/v1/transactions/',
            transactionPath(payment.id),
          ],
          ...['/api/v1/refunds/', '/api/v1/events/', '/api/v1/audit-logs/'],
          ...['/api/v1/reconciliation/runs/', '/api/v1/reconciliation/drifts/'],
        ].map((path) => api.get(path)),
      )
      expect(read.map(({ status }) => status)).toEqual(Array(read.length).fill(200))
      const answers = [made, refunded, checked, changed, ...read].map(({ body }) => JSON.stringify(body))
      const secrets = [...Object.values(kit.account.credentials), ...Object.values(credentials)]
      expectNoSecret(secrets, [...answers, JSON.stringify(run), ...kit.world.logLines])
    },
  },
]

/** Nor its better part: what is shown of a key is its beginning and its last four characters. */
function expectNoSecret(secrets: readonly string[], texts: readonly string[]): void {
  for (const secret of secrets) {
    const part = secret.slice(-16, -4)
    expect(texts.filter((text) => text.includes(part))).toEqual([])
  }
}
