/**
 * Passwords for the roles that the Worker logs in as. The migrations create the roles without one, because a password is
 * the matter of each installation; this is for local databases and for tests.
 */
import { z } from 'zod'
import { quoteLiteral, type SqlSession } from './sql-session.ts'

/** Who logs in: the public API, and the queue consumers, cron and provider webhooks. */
export const roleNames = ['paybridge_api', 'paybridge_worker'] as const

export type RoleName = (typeof roleNames)[number]

const existingRows = z.array(z.tuple([z.enum(roleNames)]))

/**
 * Lets those of the roles that exist log in. Roles belong to the whole cluster, so this holds for all its databases.
 *
 * @param session of a superuser
 * @returns the roles that exist
 */
export async function setRolePasswords(
  session: SqlSession,
  passwords: Readonly<Record<RoleName, string>>,
): Promise<RoleName[]> {
  const existing = existingRows.parse(
    await session.execute(`SELECT rolname FROM pg_roles WHERE rolname IN (${roleNames.map(quoteLiteral).join(', ')})`),
  )
  for (const [role] of existing) {
    await session.execute(`ALTER ROLE ${role} LOGIN PASSWORD ${quoteLiteral(passwords[role])}`)
  }
  return existing.map(([role]) => role)
}
