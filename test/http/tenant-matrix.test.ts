/**
 * Who may call what, and with whose ids: every route of the OpenAPI document, with every credential. Ada has a thing of
 * every kind in both modes; Bem, and Ada in the other mode, must find none of it, change none of it, and be told none of
 * it. A route that says nothing of what it needs, and an id that Ada lacks, fail.
 */

import { beforeAll, describe, expect, test } from 'vitest'
import { SCOPES, type Scope } from '../../src/domain/scopes.ts'
import type { Mode } from '../../src/domain/transaction.ts'
import {
  bodyWith,
  type Ids,
  isOfProvider,
  pathWith,
  type Route,
  readSchema,
  routesOf,
  type Sending,
  send,
} from '../support/routes.ts'
import { inMode, openTruth, settle } from '../support/settled.ts'
import { type ApiAnswer, createWorld, type Merchant } from '../support/world.ts'

const world = await createWorld('tenant_matrix')
const truth = await openTruth('tenant_matrix')
const ROUTES = routesOf(await readSchema(world))
const GUARDED = ROUTES.filter(({ isPublic }) => !isPublic)
const NAMED = GUARDED.filter(({ pathIds }) => Object.keys(pathIds).length > 0)

/** Open to everybody: each was decided on. Providers sign what they post, and a stream needs a ticket. */
const PUBLIC = [
  'GET /api/v1/events/stream/',
  'GET /api/v1/payment-providers/capabilities/',
  'GET /api/v1/webhooks/event-types/',
  'GET /health/',
  'GET /ready/',
  'POST /api/v1/auth/logout/',
  'POST /api/v1/auth/register/',
  'POST /api/v1/auth/token/',
  'POST /api/v1/auth/token/refresh/',
]
/** Open as well, and in no document: the document itself, and the pages that show it. */
const UNDOCUMENTED = ['GET /api/docs/', 'GET /api/docs/webhooks/', 'GET /api/schema/']

/** What each role may do, written by hand and not read from the database. */
const EVERYTHING: readonly Scope[] = SCOPES
const ROLES: Readonly<Record<string, readonly Scope[]>> = {
  owner: EVERYTHING,
  admin: EVERYTHING,
  developer: [
    'profile:read',
    'api_keys:read',
    'api_keys:write',
    'connections:read',
    'transactions:read',
    'transactions:write',
    'refunds:write',
    'webhooks:read',
    'webhooks:write',
    'events:read',
  ],
  finance: [
    'profile:read',
    'connections:read',
    'transactions:read',
    'transactions:write',
    'refunds:write',
    'events:read',
    'audit:read',
  ],
  viewer: ['profile:read', 'connections:read', 'transactions:read', 'webhooks:read', 'events:read'],
}

const MARK = 'adas-own-words'
/** Ids of the right form that are nobody's. */
const NOBODYS: Ids = Object.fromEntries(
  (['mer', 'usr', 'key', 'con', 'txn', 'ref', 'rec', 'rul', 'whe', 'dri', 'evt', 'del', 'aud'] as const).map((kind) => [
    kind,
    `${kind}_01kav3q2m8x4c5d6e7f8g9h0jk`,
  ]),
)

let ada: Record<Mode, Merchant>
let bem: Record<Mode, Merchant>
let adas: Record<Mode, Ids>
let bems: Record<Mode, Ids>
/** Ids that only Ada may see, and that she may see in one mode alone. */
let onlyAdas: ReadonlySet<string>
let onlyIn: Record<Mode, ReadonlySet<string>>

async function newPair(): Promise<Record<Mode, Merchant>> {
  const test = await world.newMerchant()
  return { test, live: await inMode(world, test, 'live') }
}

beforeAll(async () => {
  ada = await newPair()
  bem = await newPair()
  adas = { test: await settle(world, ada.test, MARK), live: await settle(world, ada.live, MARK) }
  bems = {
    test: await settle(world, bem.test, 'bems-own-words'),
    live: await settle(world, bem.live, 'bems-own-words'),
  }
  onlyAdas = await truth.idsOf(ada.test.merchantId)
  onlyIn = {
    test: await truth.idsOnlyIn(ada.test.merchantId, 'test'),
    live: await truth.idsOnlyIn(ada.test.merchantId, 'live'),
  }
})

interface Viewpoint {
  who: string
  /** Whose ids the caller names, and may not know. */
  ofMode: Mode
  as(): Required<Pick<Sending, 'token' | 'mode'>>
  own(): Ids
  hidden(): ReadonlySet<string>
}

const viewpoints: Viewpoint[] = [
  ...(['test', 'live'] as const).flatMap((mode): Viewpoint[] => {
    const shared = { ofMode: mode, own: () => bems[mode], hidden: () => onlyAdas }
    return [
      { ...shared, who: `another merchant's ${mode} key`, as: () => ({ token: bem[mode].apiKey, mode }) },
      {
        ...shared,
        who: `another merchant's owner, in ${mode} mode`,
        as: () => ({ token: bem.test.accessToken, mode }),
      },
    ]
  }),
  ...(['test', 'live'] as const).flatMap((mode): Viewpoint[] => {
    const ofMode = mode === 'test' ? 'live' : 'test'
    const shared = { ofMode, own: () => adas[mode], hidden: () => onlyIn[ofMode] } as const
    return [
      { ...shared, who: `the merchant's own ${mode} key`, as: () => ({ token: ada[mode].apiKey, mode }) },
      { ...shared, who: `the merchant's owner, in ${mode} mode`, as: () => ({ token: ada.test.accessToken, mode }) },
    ]
  }),
]

/** Nothing of what is hidden stands in the answer. */
function expectClean(answer: ApiAnswer, { hidden, ofMode }: Viewpoint, own: Ids): void {
  const text = JSON.stringify([answer.body, [...answer.headers]])
  const told = (text.match(/\b[a-z]{3}_[0-7][0-9a-hjkmnp-tv-z]{25}\b/g) ?? []).filter((id) => hidden().has(id))
  expect(told).toEqual([])
  if (own.mer !== adas[ofMode].mer) expect(text).not.toContain(MARK)
}

/** The work, which changes no row of any table. */
async function changingNothing(work: () => Promise<void>): Promise<void> {
  const before = await truth.digests()
  await work()
  expect(await truth.digests()).toEqual(before)
}

describe('every route', () => {
  test('is in the document, or on the list of those that are in none', () => {
    const documented = new Set(ROUTES.map(({ name }) => name))
    const served = world.app.routes
      .filter(({ method }) => method !== 'ALL')
      .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`)
    expect([...new Set(served.filter((name) => !documented.has(name)))].sort()).toEqual(UNDOCUMENTED)
  })

  test('is open to everybody because somebody decided so, or says which one scope it needs', () => {
    const open = ROUTES.filter((route) => route.isPublic && !isOfProvider(route)).map(({ name }) => name)
    expect(open.sort()).toEqual(PUBLIC)
    for (const { name, scopes } of GUARDED) {
      expect(SCOPES, name).toContain(scopes[0])
      expect(scopes, name).toHaveLength(1)
    }
  })

  test('takes nothing in its path but ids, and none of a kind that the merchants here lack', () => {
    for (const { name, pathIds, queryIds, bodyIds } of ROUTES) {
      const kinds = [...Object.values(pathIds), ...Object.values(queryIds), ...bodyIds]
      for (const kind of kinds) {
        expect(kind, name).toBeDefined()
        for (const ids of [adas.test, adas.live, bems.test, bems.live]) expect(ids, name).toHaveProperty(kind ?? '')
      }
    }
  })

  test('that may name ids in its body is called with some', () => {
    for (const route of ROUTES.filter(({ bodyIds }) => bodyIds.length > 0)) {
      const body = JSON.stringify(bodyWith(route, adas.test))
      for (const kind of route.bodyIds) expect(body, route.name).toContain(`"${adas.test[kind]}"`)
    }
  })

  test('has something to hide: Ada has rows of every table in both modes, and ids of them', async () => {
    for (const mode of ['test', 'live'] as const) {
      expect([...(await truth.tablesOf(ada.test.merchantId, mode))].sort()).toEqual(truth.tenantTables)
      expect(onlyIn[mode].size).toBeGreaterThan(30)
      for (const kind of ['key', 'con', 'txn', 'ref', 'rec', 'rul', 'whe', 'dri', 'evt', 'del', 'aud'] as const) {
        expect(onlyIn[mode], kind).toContain(adas[mode][kind])
      }
    }
  })
})

describe.each(viewpoints)('to $who', (viewpoint) => {
  test.each(NAMED)('$name shows and does nothing with ids that are not theirs', async (route) => {
    const { ofMode, as, own } = viewpoint
    await changingNothing(async () => {
      const foreign = adas[ofMode]
      const answer = await send(world, route, pathWith(route, foreign), { ...as(), body: bodyWith(route, own()) })
      expect(answer.status).toBe(404)
      expect(answer.body.code).toMatch(/_not_found$/)
      expectClean(answer, viewpoint, own())
    })
  })

  test.each(GUARDED.filter(({ bodyIds }) => bodyIds.length > 0))(
    '$name does nothing with a body that names what is not theirs',
    async (route) => {
      const { ofMode, as, own } = viewpoint
      await changingNothing(async () => {
        const body = bodyWith(route, adas[ofMode])
        const answer = await send(world, route, pathWith(route, own()), { ...as(), body })
        expect(answer.status).toBe(404)
        expect(answer.body.code).toMatch(/_not_found$/)
        expectClean(answer, viewpoint, own())
      })
    },
  )

  test.each(GUARDED.filter(({ method }) => method === 'GET'))(
    '$name reads what is theirs, and nothing else, whatever they filter by',
    async (route) => {
      const { ofMode, as, own } = viewpoint
      const path = pathWith(route, own())
      const whole = await send(world, route, `${path}`, as())
      expect(whole.status).toBe(200)
      expectClean(whole, viewpoint, own())
      for (const [name, kind] of Object.entries(route.queryIds)) {
        const filtered = await send(world, route, `${path}?${name}=${adas[ofMode][kind]}`, as())
        expect(filtered).toMatchObject({ status: 200, body: { data: [] } })
      }
      // Where a page begins is anybody's to say: it moves within what is theirs.
      if (whole.body.object !== 'list' || !('next_cursor' in whole.body)) return
      const prefix = String(whole.body.data[0]?.id ?? '').slice(0, 3)
      const cursor = Object.entries(adas[ofMode]).find(([kind]) => kind === prefix)?.[1]
      if (cursor === undefined || route.name === 'GET /api/v1/routing-rules/') return
      const page = await send(world, route, `${path}?cursor=${cursor}`, as())
      expect(page.status).toBe(200)
      expectClean(page, viewpoint, own())
    },
  )
})

/** Whether the gate let the call in. Its ids are nobody's: what is let in finds nothing. */
async function isLetIn(route: Route, token: string): Promise<boolean> {
  const answer = await send(world, route, pathWith(route, NOBODYS), { token, body: bodyWith(route, NOBODYS) })
  expect(answer.status).toBeLessThan(500)
  expect(answer.status).not.toBe(401)
  expect(answer.body.code).not.toBe('validation_failed')
  if (answer.body.code !== 'scope_missing') return true
  expect(answer).toMatchObject({ status: 403, body: { detail: route.scopes[0] } })
  return false
}

/** Exactly the wanted ones of these credentials are let in, and the others change nothing. */
async function expectLetIn(route: Route, tokens: ReadonlyMap<string, string>, wanted: (who: string) => boolean) {
  const names = [...tokens.keys()]
  const letIn = async (some: readonly string[]) => {
    const each = await Promise.all(
      some.map(async (who) => ((await isLetIn(route, tokens.get(who) ?? '')) ? [who] : [])),
    )
    return each.flat()
  }
  await changingNothing(async () => expect(await letIn(names.filter((who) => !wanted(who)))).toEqual([]))
  const expected = names.filter(wanted)
  expect(await letIn(expected)).toEqual(expected)
}

describe('roles', () => {
  const tokens = new Map<string, string>()
  beforeAll(async () => {
    for (const role of Object.keys(ROLES)) {
      const { userId, accessToken } = await world.newMerchant()
      await truth.rows(`update memberships set role = '${role}' where user_id = '${userId}'`)
      tokens.set(role, accessToken)
    }
    const { userId, accessToken } = await world.newMerchant()
    await truth.rows(`delete from memberships where user_id = '${userId}'`)
    tokens.set('nobody any more', accessToken)
  })

  test('are those that the database knows', async () => {
    const [row] = await truth.rows(
      `select pg_get_constraintdef(oid) as rule from pg_constraint where conname = 'memberships_role_check'`,
    )
    expect([...String(row?.rule).matchAll(/'(\w+)'/g)].map(([, role]) => role)).toEqual(Object.keys(ROLES))
  })

  test.each(GUARDED)('$name is open to those that hold its scope, and to no other', async (route) => {
    await expectLetIn(route, tokens, (role) => ROLES[role]?.some((scope) => scope === route.scopes[0]) ?? false)
  })
})

describe('scopes', () => {
  /** By its name each key has one scope, or all but one. */
  const tokens = new Map<string, string>()
  beforeAll(async () => {
    const merchant = await world.newMerchant()
    const keyWith = async (scopes: readonly Scope[]) =>
      String((await merchant.person.post('/api/v1/api-keys/', { name: 'narrow', scopes })).body.key)
    for (const scope of SCOPES) {
      tokens.set(scope, await keyWith([scope]))
      tokens.set(`all but ${scope}`, await keyWith(SCOPES.filter((other) => other !== scope)))
    }
  })

  test.each(GUARDED)('$name is open to a key with its scope, and to no other', async (route) => {
    const [scope] = route.scopes
    const all = new Map([...tokens].filter(([name]) => !name.startsWith('all but ') || name === `all but ${scope}`))
    await expectLetIn(route, all, (name) => name === scope)
  })
})
