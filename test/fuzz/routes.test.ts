/**
 * Every operation of the OpenAPI document, with requests made from its own schemas and then broken. The world's app holds
 * each answer to the document; here is what else must be so. A new route is in it by itself.
 */

import { sql } from 'drizzle-orm'
import fc from 'fast-check'
import { describe, expect, inject, test } from 'vitest'
import type { ProblemCode } from '../../src/domain/problem.ts'
import { PROVIDER_NAMES } from '../../src/providers/registry.ts'
import type { Operation } from '../support/api-contract.ts'
import { createWorld, type ProviderPost } from '../support/world.ts'
import { breaking, type Draft, fitting, requestOf } from './request.ts'
import { postsOf, type RichMerchant, richMerchant } from './rich-merchant.ts'
import { changedTables, type Digests, digestReader } from './written.ts'

const DATABASE = 'fuzz_routes'
const world = await createWorld(DATABASE)
const { operations } = await world.contract()
const readers = await richMerchant(world, PROVIDER_NAMES)
const digests = await digestReader(`t_${DATABASE}`)

/** How many requests of each operation fit, and how many are broken. */
const FITTING = 10
const BROKEN = 25
const BROKEN_WITH_BODY = 60
/** Passwords are slow to hash, on purpose. */
const TIMEOUT_MS = 180_000

/** What can't be answered with success here, and why. */
const NEVER_WELL: Readonly<Record<string, string>> = {
  'GET /api/v1/events/stream/': 'it opens a WebSocket: test/stream/',
}

/** A token that is used twice ends its session, which is in the audit log. */
const WRITING_REFUSALS: readonly ProblemCode[] = ['refresh_token_reused']

const nameOf = ({ method, path }: Operation): string => `${method} ${path}`
const wellAnswered = new Set<string>()

describe('every operation, with what fits its schemas and with what is broken', () => {
  test.each(operations.map((operation) => [nameOf(operation), operation] as const))(
    '%s never breaks, and writes nothing where it refuses',
    async (name, operation) => {
      before = undefined
      const rich = operation.method === 'GET' ? readers : await richMerchant(world)
      const drafts = await draftsOf(operation, rich)
      const run = (draft: Draft) => hold(name, draft)
      const seed = inject('fuzzSeed')
      await fc.assert(fc.asyncProperty(drafts, run), { seed, numRuns: FITTING })
      const numRuns = operation.body === undefined ? BROKEN : BROKEN_WITH_BODY
      await fc.assert(fc.asyncProperty(breaking(drafts, operation.body !== undefined), run), { seed, numRuns })
    },
    TIMEOUT_MS,
  )
})

/** As the schemas want it; a provider's post is as the provider sends it. */
async function draftsOf(operation: Operation, { merchant, known }: RichMerchant): Promise<fc.Arbitrary<Draft>> {
  const provider = PROVIDER_NAMES.find((each) => operation.path.startsWith(`/api/v1/webhooks/${each}/`))
  if (provider !== undefined) {
    return fc.constantFrom(...postsOf(readers.posts, provider).map((post) => draftOfPost(operation, post)))
  }
  const ofAll = await known(operation.path.startsWith('/api/v1/auth/'))
  return fc
    .constantFrom(merchant.apiKey, merchant.accessToken)
    .chain((credential) => fitting(operation, ofAll, credential))
}

function draftOfPost({ method, path }: Operation, { url, headers, body }: ProviderPost): Draft {
  const connectionId = new URL(url).pathname.split('/').at(-2) ?? ''
  return { method, path: path.replace('{connection_id}', connectionId), query: [], headers, body }
}

/** Sends the request, and holds what came of it to the rules. */
async function hold(name: string, draft: Draft): Promise<void> {
  before ??= await digests()
  const request = requestOf(draft)
  const response = await answered(request)
  await world.settled()
  const text = response.status === 101 ? '' : await response.text()
  if (response.status < 300) wellAnswered.add(name)
  expect(response.status, text).toBeLessThan(500)
  const last = before
  before = undefined
  if (response.status < 400 || mayHaveWritten(text)) return
  before = await digests()
  expect(changedTables(last, before), text).toEqual([])
}

/** What a provider refused after it was written down says so, and names what it left. */
const mayHaveWritten = (text: string): boolean =>
  /"(transaction|refund)_id":/.test(text) || WRITING_REFUSALS.some((code) => text.includes(`"code":"${code}"`))

/** What stands there now, where nothing can have been written since it was read. */
let before: Digests | undefined

/** Whoever waits for news waits for the world's clock. */
async function answered(request: Request): Promise<Response> {
  const answer = Promise.resolve(world.app.fetch(request))
  if (!request.url.includes('wait')) return answer
  let isDone = false
  const done = answer.finally(() => {
    isDone = true
  })
  while (!isDone) {
    await world.query(sql`select 1`)
    world.clock.advance(1_000)
  }
  return done
}

test('each operation was answered well at least once', () => {
  const expected = operations.map(nameOf).filter((name) => NEVER_WELL[name] === undefined)
  expect(expected.filter((name) => !wellAnswered.has(name))).toEqual([])
})
