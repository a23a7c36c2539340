/** A reader of the stream sees 1..N, in order, each once. */

import type { Facts } from './facts.ts'

export function readersSeeEverything({ load, events }: Facts): string[] {
  return load.readers.flatMap(({ name, shop, seen }) => {
    const last = events.filter(
      ({ merchant_id, mode }) => merchant_id === shop.merchant.merchantId && mode === shop.mode,
    )
    const isWhole = seen.length === last.length && seen.every((number, place) => number === place + 1)
    return isWhole ? [] : [`${name} saw ${seen.join(' ')} of 1 to ${last.length}`]
  })
}
