/** Schemas that more than one resource uses. */

import * as z from 'zod'
import { type Currency, isCurrency } from '../domain/currencies.ts'
import { type Id, type IdPrefix, idPattern, isId } from '../domain/ids.ts'
import { LIMITS } from '../domain/limits.ts'
import { MODES } from '../domain/transaction.ts'
import { isProviderName, PROVIDER_NAMES, type ProviderName } from '../providers/registry.ts'

export const ModeSchema = z.enum(MODES)

/** An id of this kind; another form can't name anything, and is told so before a query is spent on it. */
export function IdSchema<Prefix extends IdPrefix>(prefix: Prefix) {
  return z
    .string()
    .refine((text): text is Id<Prefix> => isId(prefix, text), `is not an id of the form ${prefix}_…`)
    .meta({ pattern: idPattern(prefix), example: `${prefix}_01kav3q2m8x4c5d6e7f8g9h0jk` })
}

/** ISO 8601, UTC. */
export const TimeSchema = z.iso.datetime().meta({ example: '2026-11-24T09:30:00.000Z' })

export const CurrencySchema = z
  .string()
  .refine((code): code is Currency => isCurrency(code), 'is not an ISO 4217 code in capitals')
  .meta({ example: 'NGN' })

/** ISO 3166-1 alpha-2. */
export const CountrySchema = z
  .string()
  .regex(/^[A-Z]{2}$/, 'is not an ISO 3166-1 code of two capitals')
  .meta({ example: 'NG' })

/** Minor units of the currency. */
export const AmountSchema = z.int().min(0).max(Number.MAX_SAFE_INTEGER)

export const EmailSchema = z.email().max(254).toLowerCase()

export const PhoneSchema = z
  .string()
  .regex(/^\+[1-9]\d{6,14}$/, 'is not a number in E.164 form, such as +2348012345678')

export const ProviderSchema = z
  .string()
  .refine((name): name is ProviderName => isProviderName(name), `is not one of ${PROVIDER_NAMES.join(', ')}`)
  .meta({ enum: [...PROVIDER_NAMES], example: 'paystack' })

export const ProblemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string().meta({ description: 'Stable: programs decide by it.' }),
    detail: z.string().optional(),
    request_id: z.string(),
    errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
    transaction_id: z.string().optional(),
    refund_id: z.string().optional(),
  })
  .meta({
    id: 'Problem',
    example: {
      type: '/api/docs/#problem-validation_failed',
      title: 'A field is missing, unknown or not acceptable: see errors.',
      status: 422,
      code: 'validation_failed',
      request_id: 'req_01kav3q2m8x4c5d6e7f8g9h0jk',
      errors: [{ field: 'amount', message: 'Invalid input: expected int, received number' }],
    },
  })

/** `limit` and `cursor` of a list. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(LIMITS.pageSizeMax).default(LIMITS.pageSizeDefault),
  cursor: z.string().max(100).optional().meta({ description: 'next_cursor of the page before' }),
}

/** A page of a list. */
export function ListSchema(item: z.ZodType) {
  return z.object({ object: z.literal('list'), data: z.array(item), next_cursor: z.string().nullable() })
}
