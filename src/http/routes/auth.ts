/** `/api/v1/auth/`: how people come in and go. The words of the tokens are those of the original's JWT library. */

import * as z from 'zod'
import { utf8 } from '../../crypto/bytes.ts'
import { PASSWORD_BYTES_MAX } from '../../crypto/password.ts'
import { signUp } from '../../operations/identity/registration.ts'
import { refreshSession, signIn, signOut } from '../../operations/identity/sessions.ts'
import { type App, publicEndpoint } from '../endpoint.ts'
import { EmailSchema } from '../schemas.ts'
import { MerchantSchema, merchantFields, UserSchema, userFields } from './profile.ts'

const TAG = 'Authentication'

const REPEATS =
  'An `Idempotency-Key` belongs to the whole request here: the same key with another body is another request.'

const NewPasswordSchema = z
  .string()
  .min(10)
  .max(1024)
  // What is hashed is the normalised form.
  .refine(
    (password) => utf8(password.normalize('NFKC')).length <= PASSWORD_BYTES_MAX,
    `is longer than ${PASSWORD_BYTES_MAX} bytes`,
  )

const RegisterSchema = z
  .strictObject({
    email: EmailSchema,
    password: NewPasswordSchema,
    first_name: userFields.first_name.default(''),
    last_name: userFields.last_name.default(''),
    phone_number: userFields.phone_number.default(null),
    company_name: merchantFields.company_name,
    country: merchantFields.country,
    business_type: merchantFields.business_type.default(null),
    developer_type: merchantFields.developer_type.default('other'),
    preferred_currency: merchantFields.preferred_currency.default('USD'),
  })
  .meta({
    id: 'Register',
    example: {
      email: 'ada@example.com',
      password: 'a rather long pass phrase',
      first_name: 'Ada',
      last_name: 'Obi',
      company_name: 'Kora Stores',
      country: 'NG',
      preferred_currency: 'NGN',
    },
  })

export const RegisteredSchema = z.object({ user: UserSchema, merchant: MerchantSchema }).meta({ id: 'Registered' })

export const TokenPairSchema = z
  .object({
    access: z.string().meta({ description: 'Send it as a Bearer token, with `PayBridge-Mode: test` or `live`.' }),
    refresh: z.string().meta({ description: 'Good once, for the next pair.' }),
    token_type: z.literal('Bearer'),
    expires_in: z.int().meta({ description: 'Seconds that the access token is good for' }),
  })
  .meta({ id: 'TokenPair' })

const RefreshSchema = z.strictObject({ refresh: z.string().min(1).max(200) }).meta({ id: 'RefreshToken' })

export function authRoutes(app: App): void {
  publicEndpoint(app, {
    method: 'post',
    path: '/api/v1/auth/register/',
    tag: TAG,
    summary: 'Register',
    description: `Makes a merchant and a person who owns it. ${REPEATS}`,
    body: RegisterSchema,
    answer: { status: 201, schema: RegisteredSchema, description: 'The person and the merchant.' },
    problems: ['email_taken', 'registration_limited', 'idempotency_in_flight'],
    run: ({ deps, visitor, body }) =>
      signUp(deps, visitor, {
        email: body.email,
        password: body.password,
        firstName: body.first_name,
        lastName: body.last_name,
        phoneNumber: body.phone_number,
        companyName: body.company_name,
        country: body.country,
        businessType: body.business_type,
        developerType: body.developer_type,
        preferredCurrency: body.preferred_currency,
      }),
  })

  publicEndpoint(app, {
    method: 'post',
    path: '/api/v1/auth/token/',
    tag: TAG,
    summary: 'Log in',
    description: REPEATS,
    body: z.strictObject({ email: EmailSchema, password: z.string().min(1).max(1024) }).meta({ id: 'Password' }),
    answer: { status: 200, schema: TokenPairSchema, description: 'An access token and a refresh token.' },
    problems: ['sign_in_refused', 'sign_in_limited', 'idempotency_in_flight'],
    run: ({ deps, visitor, body }) => signIn(deps, visitor, body),
  })

  publicEndpoint(app, {
    method: 'post',
    path: '/api/v1/auth/token/refresh/',
    tag: TAG,
    summary: 'Refresh the tokens',
    description:
      'A refresh token is good once: used a second time it ends the session. Send an `Idempotency-Key`, and a request ' +
      'whose answer was lost can be sent again within ten minutes.',
    body: RefreshSchema,
    answer: { status: 200, schema: TokenPairSchema, description: 'The next pair.' },
    problems: ['refresh_token_invalid', 'refresh_token_reused'],
    run: ({ deps, visitor, body }) => refreshSession(deps, visitor, body.refresh),
  })

  publicEndpoint(app, {
    method: 'post',
    path: '/api/v1/auth/logout/',
    tag: TAG,
    summary: 'Log out',
    description: 'Ends the session: its access tokens stop at once.',
    body: RefreshSchema,
    answer: { status: 200, schema: z.strictObject({}), description: 'Also for a token of no session.' },
    run: ({ deps, visitor, body }) => signOut(deps, visitor, body.refresh),
  })
}
