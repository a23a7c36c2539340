/**
 * API keys: `pb_test_…` and `pb_live_…`. The key itself is shown once and never stored; its hash finds it again, its mask
 * lets a person recognise it.
 */

import type { Random } from '../domain/ids.ts'
import { isPrefixedSecret, newPrefixedSecret } from './prefixed-secret.ts'
import { sha256Hex } from './sha256.ts'

const PREFIXES = { test: 'pb_test_', live: 'pb_live_' } as const

type Mode = keyof typeof PREFIXES

/** A key as it is made. */
export interface NewApiKey {
  /** The secret: 57 characters, to be shown once. */
  readonly key: string
  /** Lower-case hexadecimal SHA-256 of the whole key. */
  readonly hash: string
  /** `pb_test_…a1B2`: the prefix and the last four characters, which are of the checksum. */
  readonly mask: string
}

/** Makes a key for this mode. */
export async function newApiKey(mode: Mode, random: Random): Promise<NewApiKey> {
  const prefix = PREFIXES[mode]
  const key = newPrefixedSecret(prefix, random)
  return { key, hash: await sha256Hex(key), mask: `${prefix}…${key.slice(-4)}` }
}

/** The mode that a key claims and the hash to look it up by; undefined when form or checksum are wrong. */
export async function parseApiKey(text: string): Promise<{ mode: Mode; hash: string } | undefined> {
  const mode = text.startsWith(PREFIXES.live) ? 'live' : 'test'
  return isPrefixedSecret(PREFIXES[mode], text) ? { mode, hash: await sha256Hex(text) } : undefined
}
