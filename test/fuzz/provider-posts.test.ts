/**
 * Posts to the providers' routes that the account's own secret signed, whatever chance made of them, and the same posts
 * with a signature of other bytes: what is no webhook is refused, and no row is made of it.
 */

import { sql } from 'drizzle-orm'
import fc from 'fast-check'
import { expect, inject, test } from 'vitest'
import { utf8Text } from '../../src/crypto/bytes.ts'
import { PROVIDERS } from '../../src/providers/registry.ts'
import { connect } from '../support/connections.ts'
import { createWorld } from '../support/world.ts'
import { mutated } from './provider-rules.ts'
import { SUBJECTS } from './provider-subjects.ts'

const world = await createWorld('fuzz_provider_posts')
const POSTS = 60

async function storedOf(connectionId: string): Promise<number> {
  const [row] = await world.query(
    sql`select count(*) as stored from provider_events where connection_id = ${connectionId}`,
  )
  return Number(row?.stored)
}

test.each(SUBJECTS.map((subject) => [subject.name, subject] as const))(
  '%s: a signed post is stored if it is a webhook, and any other is refused',
  async (name, { webhooks }) => {
    const connection = await connect(world, await world.newMerchant(), 1, name)
    const post = async (body: Uint8Array<ArrayBuffer>, signed: string) => {
      const headers = {
        'content-type': 'application/json',
        ...(await connection.driver.sign(connection.account, signed)),
      }
      const url = `https://api.paybridge.test/api/v1/webhooks/${name}/${connection.id}/`
      const response = await world.app.request(url, { method: 'POST', headers, body })
      await response.text()
      await world.settled()
      return response.status
    }
    const hold = async (body: Uint8Array<ArrayBuffer>) => {
      const text = textOf(body)
      if (text === undefined) return
      const before = await storedOf(connection.id)
      // Flutterwave’s proof is of the sender, not of the bytes.
      if (name !== 'flutterwave') {
        expect(await post(body, `${text} `)).toBe(401)
        expect(await storedOf(connection.id)).toBe(before)
      }
      const isWebhook = (await PROVIDERS[name].readWebhook(body)) !== undefined
      expect(await post(body, text)).toBe(isWebhook ? 200 : 400)
      if (!isWebhook) expect(await storedOf(connection.id)).toBe(before)
    }
    await fc.assert(fc.asyncProperty(mutated(webhooks), hold), { seed: inject('fuzzSeed'), numRuns: POSTS })
    expect(await storedOf(connection.id)).toBeGreaterThan(0)
  },
  120_000,
)

/** Undefined where the bytes are no text: the simulators sign texts. */
function textOf(body: Uint8Array<ArrayBuffer>): string | undefined {
  try {
    return utf8Text(body)
  } catch {
    return undefined
  }
}
