/** Events as the API gives them. */
import { z } from 'zod'

/** Whatever else is in an event passes through as it came. */
export const event = z.looseObject({
  id: z.string(),
  number: z.int(),
  type: z.string(),
  created_at: z.string(),
  data: z.looseObject({ id: z.string(), transaction_id: z.string().nullish() }),
})

export type Event = z.infer<typeof event>

export const events = z.object({ data: z.array(event), next_after: z.int() })

/** The most that the API gives at a time. */
export const PAGE_MAX = 100

export const EVENTS_PATH = '/api/v1/events/'
