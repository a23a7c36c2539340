/**
 * The fields of an error as Postgres reports it, whichever client received it, under the names that Neon's driver reads.
 */
import { z } from 'zod'

const field = z.string().optional()

/** ErrorResponse (protocol 3.0, "Error and Notice Message Fields"); `severity` tells it from a system error. */
const postgresError = z.object({
  message: z.string(),
  severity: z.string(),
  code: z.string().length(5),
  detail: field,
  hint: field,
  position: field,
  internalPosition: field,
  internalQuery: field,
  where: field,
  schema: field,
  table: field,
  column: field,
  dataType: field,
  constraint: field,
  file: field,
  line: field,
  routine: field,
})

export type PostgresError = z.infer<typeof postgresError>

/** The fields of what was thrown, or undefined when it did not come from Postgres. */
export function asPostgresError(thrown: unknown): PostgresError | undefined {
  return postgresError.safeParse(thrown).data
}

/** A login that is refused before Postgres is asked, in Postgres's own words and code. */
export class LoginRefused extends Error {
  readonly severity = 'FATAL'
  readonly code: '28000' | '28P01' | '3D000' | '42501'

  constructor(code: LoginRefused['code'], message: string) {
    super(message)
    this.code = code
  }
}
