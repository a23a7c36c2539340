/**
 * Every provider's plug-in with webhooks and answers of which chance made something else: 20,000 webhooks a run. Seeded by
 * FUZZ_SEED, which a failure prints.
 */

import fc from 'fast-check'
import { describe, expect, inject, test } from 'vitest'
import { utf8 } from '../../src/crypto/bytes.ts'
import { brokenBytes, junk, rawBreak } from '../fuzz/junk.ts'

import {
  type Answered,
  answersTo,
  errandHolds,
  mutated,
  otherSignatureFails,
  signatureHolds,
  signed,
  unlistedWordDecidesNothing,
  webhookIsRead,
} from '../fuzz/provider-rules.ts'
import { ERRANDS, SUBJECTS, type Subject } from '../fuzz/provider-subjects.ts'

const seed = inject('fuzzSeed')
const WEBHOOKS = 5_000
const SIGNATURES = 1_000
const ANSWERS = 400
const TIMEOUT_MS = 120_000

const ALL_WEBHOOKS = SUBJECTS.flatMap(({ webhooks }) => webhooks)
const ALL_ANSWERS = SUBJECTS.flatMap(({ answers }) => Object.values(answers).flat())

/** Its own more often than the others'. */
const webhooksOf = ({ webhooks }: Subject) =>
  fc.oneof({ weight: 4, arbitrary: mutated(webhooks) }, { weight: 1, arbitrary: mutated(ALL_WEBHOOKS) })

describe.each(SUBJECTS.map((subject) => [subject.name, subject] as const))('%s', (_name, subject) => {
  test(
    'reads a webhook as a claim of the contract’s form, or not at all',
    () =>
      fc.assert(
        fc.asyncProperty(webhooksOf(subject), (body) => webhookIsRead(subject, body)),
        { seed, numRuns: WEBHOOKS },
      ),
    TIMEOUT_MS,
  )

  test(
    'takes a signature for the bytes that it was made of, and no others',
    async () => {
      const original = utf8(JSON.stringify(subject.webhooks[0]))
      const headers = await signed(subject, original)
      const bodies = fc.oneof(
        rawBreak.map((by) => brokenBytes(original, by)),
        webhooksOf(subject),
        fc.constant(original),
      )
      await fc.assert(
        fc.asyncProperty(bodies, (body) => signatureHolds(subject, original, headers, body)),
        { seed, numRuns: SIGNATURES },
      )
      const changes = fc.record({ at: fc.nat(1_000), by: fc.constantFrom('', '0', 'f', 'g', '00', '=', ',', ' ') })
      await fc.assert(
        fc.asyncProperty(changes, (change) => otherSignatureFails(subject, headers, original, change)),
        { seed, numRuns: SIGNATURES },
      )
    },
    TIMEOUT_MS,
  )

  test.each(ERRANDS)(
    'makes of any answers to %s what the contract says, and no payment of another amount',
    async (errand) => {
      let paid = 0
      const hold = async (answers: Answered[]) => {
        if (await errandHolds(subject, errand, answers)) paid += 1
      }
      const numRuns = errand === 'confirm' ? 4 * ANSWERS : ANSWERS
      await fc.assert(fc.asyncProperty(answersTo(subject, errand, ALL_ANSWERS), hold), { seed, numRuns })
      if (errand === 'confirm') expect(paid).toBeGreaterThan(ANSWERS / 20)
    },
    TIMEOUT_MS,
  )

  test(
    'takes a word for a status that is not listed neither for success nor for failure',
    async () => {
      let told = 0
      const hold = async (word: unknown) => {
        if (await unlistedWordDecidesNothing(subject, word)) told += 1
      }
      await fc.assert(fc.asyncProperty(junk, hold), { seed, numRuns: ANSWERS })
      expect(told).toBeGreaterThan(ANSWERS / 4)
    },
    TIMEOUT_MS,
  )
})
