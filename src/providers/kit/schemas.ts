/** Shapes that turn up in every provider's answers. Answers are parsed loosely (fields come and go), and checked strictly. */

import * as z from 'zod'

/** An id: a number of up to 64 bits or a text, kept as text. */
export const ProviderId = z.union([z.int().nonnegative(), z.string().regex(/^[\w.-]{1,100}$/)]).transform(String)

/** An id that is a number, of up to 64 bits, or its digits as text. */
export const NumericId = ProviderId.refine((id) => /^\d{1,20}$/.test(id))

/**
 * An amount as it stood there, for whoever knows its unit: JSON beyond 2^53, and fractions, are text already. Any text
 * passes: a payment whose amount can't be read is a payment all the same.
 */
export const WireAmount = z.union([z.number(), z.string()]).transform(String)

/** An ISO 4217 code in whatever case, as ours. */
export const CurrencyCode = z
  .string()
  .regex(/^[A-Za-z]{3}$/)
  .toUpperCase()

/** ISO 8601; what is no time is none. */
export const Time = z.iso
  .datetime({ offset: true })
  .transform((text) => new Date(text))
  .nullish()
  .catch(undefined)

/** The payer's page: over TLS, except on the developer's own machine. */
export const PageUrl = z.union([
  z.url({ protocol: /^https$/ }).max(2000),
  z.url({ protocol: /^http$/, hostname: /^(localhost|127\.0\.0\.1)$/ }).max(2000),
])

/** A reference in a webhook: what can't be one of ours names nothing, and need not be one that can be looked up. */
export const Reference = z
  .string()
  .regex(/^[\w.=-]{1,200}$/)
  .nullish()
  .catch(undefined)

/** What a provider's words mean to us. A word that is not listed, such as one of a prototype, means `otherwise`. */
export function wordTable<T>(words: Record<string, T>, otherwise: T): (word: string) => T {
  const table = new Map(Object.entries(words))
  return (word) => table.get(word) ?? otherwise
}
