/** `/api/v1/profile/me/`: the merchant acted for, and the person who is signed in. */

import * as z from 'zod'
import { isCurrency } from '../../domain/currencies.ts'
import { done } from '../../domain/problem.ts'
import { changeProfile, getProfile } from '../../operations/account/profile.ts'
import { type App, endpoint } from '../endpoint.ts'
import { IdSchema, PhoneSchema, TimeSchema } from '../schemas.ts'

const TAG = 'Profile'
const PATH = '/api/v1/profile/me/'

const DEVELOPER_TYPES = ['individual', 'startup', 'enterprise', 'agency', 'other'] as const

/** What a person says of themself. */
export const userFields = {
  first_name: z.string().trim().max(100),
  last_name: z.string().trim().max(100),
  phone_number: PhoneSchema.nullable(),
}

/** What a merchant says of itself. */
export const merchantFields = {
  company_name: z.string().trim().min(1).max(200),
  country: z.string().regex(/^[A-Z]{2}$/, 'is not an ISO 3166-1 alpha-2 code, such as NG'),
  business_type: z.string().trim().min(1).max(100).nullable(),
  developer_type: z.enum(DEVELOPER_TYPES),
  preferred_currency: z.string().refine(isCurrency, 'is not an ISO 4217 code in capitals').meta({ example: 'NGN' }),
}

export const UserSchema = z
  .object({
    id: IdSchema('usr'),
    object: z.literal('user'),
    email: z.string(),
    ...userFields,
    created_at: TimeSchema,
    updated_at: TimeSchema,
  })
  .meta({ id: 'User' })

export const MerchantSchema = z
  .object({
    id: IdSchema('mer'),
    object: z.literal('merchant'),
    ...merchantFields,
    kyc_status: z.enum(['pending', 'verified', 'failed', 'rejected']).meta({ readOnly: true }),
    created_at: TimeSchema,
    updated_at: TimeSchema,
  })
  .meta({ id: 'Merchant' })

export const ProfileSchema = z
  .object({
    merchant: MerchantSchema,
    user: z.union([UserSchema, z.null()]).meta({ description: 'null for an API key' }),
  })
  .meta({ id: 'Profile' })

const ChangeProfileSchema = z
  .strictObject({
    first_name: userFields.first_name.optional(),
    last_name: userFields.last_name.optional(),
    phone_number: userFields.phone_number.optional(),
    company_name: merchantFields.company_name.optional(),
    country: merchantFields.country.optional(),
    business_type: merchantFields.business_type.optional(),
    developer_type: merchantFields.developer_type.optional(),
    preferred_currency: merchantFields.preferred_currency.optional(),
  })
  .refine((fields) => Object.keys(fields).length > 0, 'names nothing to change')
  .meta({ id: 'ChangeProfile', example: { company_name: 'Kora Stores', phone_number: '+2348012345678' } })

export function profileRoutes(app: App): void {
  endpoint(app, {
    method: 'get',
    path: PATH,
    scope: 'profile:read',
    tag: TAG,
    summary: 'Get the profile',
    answer: { status: 200, schema: ProfileSchema, description: 'The merchant, and who is signed in.' },
    async run({ deps, requester }) {
      const profile = await getProfile(deps, requester)
      return profile.ok ? done({ status: 200, body: profile.value, replayed: false }) : profile
    },
  })

  endpoint(app, {
    method: 'put',
    path: PATH,
    scope: 'profile:write',
    tag: TAG,
    summary: 'Change the profile',
    description:
      'Fields that are not sent stay as they are. People may change their own name and number whatever their role; the ' +
      "merchant's fields need `profile:write`.",
    body: ChangeProfileSchema,
    answer: { status: 200, schema: ProfileSchema, description: 'The profile after the change.' },
    problems: ['session_required'],
    async run({ deps, requester, body }) {
      const { first_name: firstName, last_name: lastName, phone_number: phoneNumber, ...merchant } = body
      const profile = await changeProfile(deps, requester, {
        user: { firstName, lastName, phoneNumber },
        merchant: {
          companyName: merchant.company_name,
          country: merchant.country,
          businessType: merchant.business_type,
          developerType: merchant.developer_type,
          preferredCurrency: merchant.preferred_currency,
        },
      })
      return profile.ok ? done({ status: 200, body: profile.value, replayed: false }) : profile
    },
  })
}
