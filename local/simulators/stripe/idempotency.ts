/** The answers kept under idempotency keys, for one account in one mode (sheet, section 1). */
import type { Account } from './account.ts'
import { keyUsedElsewhere, keyUsedWithOtherParameters } from './refusal.ts'

/** An answer before it gets its headers. */
export interface Answer {
  readonly status: number
  readonly body: string
}

export interface SavedCall {
  /** Of the call that executed. */
  readonly requestId: string
  readonly savedAt: Date
  readonly path: string
  /** The same for the same parameters. */
  readonly fingerprint: string
  answer: Answer
}

const PRUNED_AFTER_MS = 24 * 60 * 60 * 1000

/** What the key has saved; undefined when the call is to execute. @throws Refusal when the key was used otherwise */
export function savedCall(
  account: Account,
  key: string,
  { path, fingerprint, now }: { path: string; fingerprint: string; now: Date },
): SavedCall | undefined {
  const saved = account.savedCalls.get(key)
  if (saved === undefined) return undefined
  if (now.getTime() - saved.savedAt.getTime() >= PRUNED_AFTER_MS) {
    account.savedCalls.delete(key)
    return undefined
  }
  if (saved.path !== path) throw keyUsedElsewhere(key, saved.path, path)
  if (saved.fingerprint !== fingerprint) throw keyUsedWithOtherParameters(key)
  return saved
}
