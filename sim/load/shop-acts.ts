/** What merchants do besides selling: they change keys and endpoints, have their books checked, have things sent again. */

import type { Action, Load } from './load.ts'
import type { Endpoint, Shop } from './shops.ts'

const MINUTE = 60_000

type Act = (load: Load, shop: Shop, me: string) => Promise<void>

const ACTS: readonly { words: string; act: Act; weight: number }[] = [
  { words: 'has its books held against the provider’s', act: reconcile, weight: 3 },
  { words: 'takes payments by another system', act: chargeElsewhere, weight: 2 },
  { words: 'rotates its key', act: rotateKey, weight: 2 },
  { words: 'revokes the key before', act: revokeOldKey, weight: 1 },
  { words: 'turns an endpoint off, and on', act: toggleEndpoint, weight: 2 },
  { words: 'changes what an endpoint is told', act: changeEndpoint, weight: 1 },
  { words: 'removes an endpoint', act: removeEndpoint, weight: 1 },
  { words: 'tests an endpoint', act: testEndpoint, weight: 1 },
  { words: 'has everything sent again that was missed', act: replay, weight: 2 },
  { words: 'has what failed sent again', act: recover, weight: 1 },
  { words: 'has an event sent again', act: resend, weight: 1 },
  { words: 'turns a connection off, and on', act: toggleConnection, weight: 1 },
]

const DRAWN = ACTS.flatMap((one) => Array.from({ length: one.weight }, () => one))

export function shopActions(load: Load, shop: Shop): Action[] {
  const { chance } = load.run
  const count = chance.pick(`acts of ${shop.name}`, [0, 1, 2, 4])
  return Array.from({ length: count }, (_, index) => {
    const name = `${shop.name} act ${index + 1}`
    const { words, act } = chance.pick(name, DRAWN)
    return { name, words, at: chance.int(`${name} at`, MINUTE, 25 * MINUTE), act: () => act(load, shop, name) }
  })
}

const keyOf = (name: string): string => `key-${name.replaceAll(' ', '-')}`

async function reconcile(load: Load, shop: Shop, me: string): Promise<void> {
  const { id } = load.run.chance.pick(`${me} at`, shop.connections)
  await load.clientOf(shop, me).insist(me, 'POST', '/api/v1/reconciliation/runs/', { connection_id: id }, keyOf(me))
}

async function chargeElsewhere(load: Load, shop: Shop, me: string): Promise<void> {
  const { chance, story } = load.run
  const place = chance.pick(`${me} at`, shop.connections)
  const count = chance.pick(`${me} times`, [1, 3, 12, 25])
  for (let times = 0; times < count; times++) load.platform.providerCalls.chargeElsewhere(place)
  story.tell(me, `${count} at ${place.name}`)
  load.platform.postWebhooks()
}

async function rotateKey(load: Load, shop: Shop, me: string): Promise<void> {
  const current = shop.keys.at(-1)
  if (current === undefined) return
  const overlap = load.run.chance.pick(`${me} overlap`, [0, 60, 600])
  // A person does it, and goes on until there is an answer: a key that was lost with it would be nobody's.
  const told = await load
    .personOf(shop, me)
    .insist(
      me,
      'POST',
      `/api/v1/api-keys/${current.id}/rotate/`,
      { overlap_seconds: overlap },
      keyOf(me),
      Number.POSITIVE_INFINITY,
    )
  if (told?.status === 201) shop.keys.push({ id: told.body.id, key: told.body.key })
}

async function revokeOldKey(load: Load, shop: Shop, me: string): Promise<void> {
  const old = shop.keys.at(-2)
  if (old === undefined) return load.run.story.tell(me, 'it has but one')
  await load.clientOf(shop, me).insist(me, 'POST', `/api/v1/api-keys/${old.id}/revoke/`, undefined, keyOf(me))
}

async function withEndpoint(
  load: Load,
  shop: Shop,
  me: string,
  act: (endpoint: Endpoint) => Promise<unknown>,
): Promise<void> {
  if (shop.endpoints.length === 0) return load.run.story.tell(me, 'it has none')
  const endpoint = load.run.chance.pick(`${me} which`, shop.endpoints)
  load.run.story.tell(me, endpoint.name)
  await act(endpoint)
}

function toggleEndpoint(load: Load, shop: Shop, me: string): Promise<void> {
  const client = load.clientOf(shop, me)
  return withEndpoint(load, shop, me, async ({ id }) => {
    await client.insist(me, 'PATCH', `/api/v1/webhooks/${id}/`, { status: 'disabled' }, `${keyOf(me)}-off`)
    await client.pause(load.run.chance.int(`${me} pause`, 100, 120_000))
    await client.insist(`${me} on`, 'PATCH', `/api/v1/webhooks/${id}/`, { status: 'active' }, `${keyOf(me)}-on`)
  })
}

function changeEndpoint(load: Load, shop: Shop, me: string): Promise<void> {
  return withEndpoint(load, shop, me, ({ id }) =>
    load.clientOf(shop, me).insist(me, 'PATCH', `/api/v1/webhooks/${id}/`, { event_types: ['payment.*'] }, keyOf(me)),
  )
}

function removeEndpoint(load: Load, shop: Shop, me: string): Promise<void> {
  return withEndpoint(load, shop, me, ({ id }) => load.clientOf(shop, me).ask(me, 'DELETE', `/api/v1/webhooks/${id}/`))
}

function testEndpoint(load: Load, shop: Shop, me: string): Promise<void> {
  return withEndpoint(load, shop, me, ({ id }) =>
    load.clientOf(shop, me).insist(me, 'POST', `/api/v1/webhooks/${id}/test/`, undefined, keyOf(me)),
  )
}

function replay(load: Load, shop: Shop, me: string): Promise<void> {
  return withEndpoint(load, shop, me, ({ id }) =>
    load.clientOf(shop, me).insist(me, 'POST', `/api/v1/webhooks/${id}/replay/`, { after: 0 }, keyOf(me)),
  )
}

function recover(load: Load, shop: Shop, me: string): Promise<void> {
  const since = new Date(load.run.scheduler.now() - 60 * MINUTE).toISOString()
  return withEndpoint(load, shop, me, ({ id }) =>
    load.clientOf(shop, me).insist(me, 'POST', `/api/v1/webhooks/${id}/recover/`, { since }, keyOf(me)),
  )
}

async function resend(load: Load, shop: Shop, me: string): Promise<void> {
  const client = load.clientOf(shop, me)
  const listed = await client.ask(`${me} looks`, 'GET', '/api/v1/events/?limit=1')
  const id: unknown = listed?.body.data?.[0]?.id
  if (typeof id === 'string') await client.insist(me, 'POST', `/api/v1/events/${id}/resend/`, {}, keyOf(me))
}

async function toggleConnection(load: Load, shop: Shop, me: string): Promise<void> {
  const client = load.clientOf(shop, me)
  const { id } = load.run.chance.pick(`${me} at`, shop.connections)
  await client.insist(me, 'PATCH', `/api/v1/payment-providers/${id}/`, { status: 'disabled' }, `${keyOf(me)}-off`)
  await client.pause(load.run.chance.int(`${me} pause`, 100, 120_000))
  await client.insist(`${me} on`, 'PATCH', `/api/v1/payment-providers/${id}/`, { status: 'active' }, `${keyOf(me)}-on`)
}
