/** Who follows a stream, and what of it: what a ticket was redeemed for, as the stream keeps it while it sleeps. */

import * as z from 'zod'
import { type Id, type IdPrefix, isId } from '../../domain/ids.ts'
import { MODES } from '../../domain/transaction.ts'

const id = <Prefix extends IdPrefix>(prefix: Prefix) =>
  z.string().refine((text): text is Id<Prefix> => isId(prefix, text))

/** By what the stream reads. It is checked again at every read. */
const AccessSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('api_key'), hash: z.string() }),
  z.object({ kind: z.literal('session'), sessionId: id('ses'), userId: id('usr') }),
  /** Shows one payment, as far as its payer may know it. */
  z.object({ kind: z.literal('public'), ticketHash: z.string() }),
])

export type Access = z.output<typeof AccessSchema>

export const SubscriberSchema = z.object({
  merchantId: id('mer'),
  mode: z.enum(MODES),
  access: AccessSchema,
  /** From where the stream was opened, which a key may ask for. */
  ipAddress: z.string().optional(),
  requestId: id('req'),
  eventTypes: z.array(z.string()),
  transactionId: z.string().nullable(),
})

export type Subscriber = z.output<typeof SubscriberSchema>
