/** A person signs up, with the merchant whose owner they become. */

import * as z from 'zod'
import { hashPassword } from '../../crypto/password.ts'
import { beginRegistration, register } from '../../db/statements/identity.ts'
import { newId } from '../../domain/ids.ts'
import type { JsonObject } from '../../domain/json.ts'
import { done, type Outcome, refused } from '../../domain/problem.ts'
import type { Answer } from '../claimed.ts'
import { type IdentityDeps, nameRequest, type Visitor } from './visitor.ts'

export interface Registration {
  /** Lower case. */
  email: string
  password: string
  firstName: string
  lastName: string
  /** E.164. */
  phoneNumber: string | null
  companyName: string
  /** ISO 3166-1 alpha-2. */
  country: string
  businessType: string | null
  developerType: string
  preferredCurrency: string
}

/**
 * Two round trips with the slow hash between them: the attempt is counted before the hash is run.
 * Refuses `registration_limited` and `email_taken`.
 */
export async function signUp(deps: IdentityDeps, visitor: Visitor, input: Registration): Promise<Outcome<Answer>> {
  const { db } = deps.api
  const now = deps.clock.now()
  const request = await nameRequest(deps, visitor)
  const counted = await deps.api.run(undefined, [beginRegistration(db, now, input.email, visitor.ipAddress, request)])
  if (!counted.ok) return counted
  const { retry_after: retryAfter, registered } = Begun.parse(counted.rows[0][0]?.answer)
  if (retryAfter !== null) return refused('registration_limited', { retryAfter })
  if (registered !== null) return done({ status: 201, body: registered, replayed: true })

  const { email, firstName, lastName, phoneNumber, password, ...merchant } = input
  const passwordHash = await hashPassword(password, deps.random)
  const id = <P extends 'usr' | 'mer'>(prefix: P) => newId(prefix, now.getTime(), deps.random)
  const user = { id: id('usr'), email, passwordHash, firstName, lastName, phoneNumber, registeredBy: request ?? null }
  const batch = await deps.api.run(undefined, [register(db, now, user, { ...merchant, id: id('mer') }, visitor)])
  return batch.ok ? done({ status: 201, body: Registered.parse(batch.rows[0][0]?.answer), replayed: false }) : batch
}

const Registered = z.custom<JsonObject>((value) => z.looseObject({}).safeParse(value).success)

const Begun = z.object({ retry_after: z.int().nullable(), registered: Registered.nullable() })
