/** What the outside was asked, in order: the database and whoever else was called. */
import type { Backend, Statement } from '../../local/database/backend.ts'

export type Traced =
  | { kind: 'batch'; role: string; statements: { query: string; params: Statement['params']; rows: number | null }[] }
  | { kind: 'call'; method: string; url: string; headers: Record<string, string>; body: string }

/** A backend that tells of each batch that was performed. */
export function traced(backend: Backend, tell: (batch: Traced) => unknown): Backend {
  return {
    async execute(credentials, work) {
      const results = await backend.execute(credentials, work)
      const statements = work.kind === 'statement' ? [work.statement] : work.statements
      tell({
        kind: 'batch',
        role: credentials.user,
        statements: statements.map(({ query, params }, at) => ({ query, params, rows: results[at]?.rowCount ?? null })),
      })
      return results
    },
    close: () => backend.close(),
  }
}
