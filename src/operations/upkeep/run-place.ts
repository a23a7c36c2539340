/** Where a run stands in the provider's lists, and the text that it is kept as. */

export type RunPlace =
  /** `cursor` is the provider's; undefined for the list's first page. */
  { list: 'payments' | 'refunds'; cursor: string | undefined } | { list: 'none' }

/** All lists have been walked over. */
export const LISTS_ENDED: RunPlace = { list: 'none' }

/** No provider's cursor of payments begins so, and none is empty. */
const REFUNDS = 'refunds:'

/** @param text null for a run that has read nothing yet */
export function readPlace(text: string | null): RunPlace {
  if (text === '') return LISTS_ENDED
  if (!text?.startsWith(REFUNDS)) return { list: 'payments', cursor: text ?? undefined }
  return { list: 'refunds', cursor: text.slice(REFUNDS.length) || undefined }
}

/** Of a place after the beginning. */
export function writePlace(place: RunPlace): string {
  if (place.list === 'none') return ''
  return (place.list === 'refunds' ? REFUNDS : '') + (place.cursor ?? '')
}
