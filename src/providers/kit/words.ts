/** What a provider says to people, as it may be kept and shown. */

import * as z from 'zod'

const CHARACTERS_MAX = 500

/**
 * A text of any kind, cut to 500 characters, without what Postgres can't store: NUL, and half of a surrogate pair (which
 * the cut itself may leave). A provider's joke must not keep its news from being written down.
 */
export const Words = z.string().transform((text) => text.slice(0, CHARACTERS_MAX).replaceAll('\0', '').toWellFormed())
