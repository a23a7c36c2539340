/** Recorded webhooks, where the recordings are at hand, of which chance made something else: 20,000 of them. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, inject, test } from 'vitest'
import { PROVIDER_NAMES, type ProviderName } from '../../../src/providers/registry.ts'
import { mutated, webhookIsRead } from '../../fuzz/provider-rules.ts'

const RECORDINGS = join(import.meta.dirname, '../../../../shared/providers/payloads')
const WEBHOOKS = 5_000

/** All that is recorded of the provider, answers too: a webhook's parser has to live with what is none. */
function recordingsOf(name: ProviderName): unknown[] {
  return readdirSync(join(RECORDINGS, name), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.json'))
    .map((file) => JSON.parse(readFileSync(join(RECORDINGS, name, file), 'utf8')))
}

describe.runIf(existsSync(RECORDINGS))('recorded webhooks', () => {
  test.each(PROVIDER_NAMES)(
    'of %s, broken, are read as a claim of the contract’s form, or not at all',
    (name) =>
      fc.assert(
        fc.asyncProperty(mutated(recordingsOf(name)), (body) => webhookIsRead({ name }, body)),
        { seed: inject('fuzzSeed'), numRuns: WEBHOOKS },
      ),
    120_000,
  )
})
