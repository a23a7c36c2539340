/**
 * The end of a run: every column of every row that the tests left in their databases is searched for secrets, those that
 * have a form and those that the test files handed over.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import pg from 'pg'
import { z } from 'zod'
import type { EmbeddedPostgres } from '../../local/database/embedded-postgres.ts'
import { findSecret } from './secrets.ts'

/** Where the context's proof is made from, and nothing else: the one secret that a table holds. */
const MAY_HOLD = ['app.context_secret']

export interface SecretsAtRest {
  /** Where a test file posts its secrets: a JSON list of texts. */
  url: string
  /** @throws naming each place where one stands: never the secret itself */
  search(): Promise<void>
  close(): Promise<void>
}

export async function watchSecretsAtRest(postgres: EmbeddedPostgres, template: string): Promise<SecretsAtRest> {
  const values = new Set<string>()
  const server = createServer(async (request, response) => {
    for (const value of z.array(z.string()).parse(await json(request))) values.add(value)
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/`,
    async search() {
      const places = await withClient(postgres.superuserUrl(template), async (client) => {
        const { rows } = await client.query<{ secret: string }>('select secret from app.context_secret')
        for (const { secret } of rows) values.add(secret)
        const databases = await client.query<{ name: string }>(
          String.raw`select datname::text as name from pg_database where datname like 't\_%' order by 1`,
        )
        const found: string[] = []
        for (const { name } of databases.rows)
          found.push(...(await searchDatabase(postgres.superuserUrl(name), values)))
        return found
      })
      if (places.length > 0) throw new Error(`Secrets stand in the database as they are:\n${places.join('\n')}`)
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/**
 * Where secrets stand in a database: `t_auth, users (0,3), first_name` is the database, the table, the row and the column.
 * @param url of a superuser, for nobody else sees every row
 */
export function searchDatabase(url: string, values: ReadonlySet<string>): Promise<string[]> {
  const database = new URL(url).pathname.slice(1)
  return withClient(url, async (client) => {
    const { rows: columns } = await client.query<{ place: string; name: string; bytes: boolean }>(
      `select a.attrelid::regclass::text as place, quote_ident(a.attname) as name, a.atttypid = 'bytea'::regtype as bytes
       from pg_attribute a join pg_class c on c.oid = a.attrelid
       where c.relkind in ('r', 'p') and c.relnamespace::regnamespace::text !~ '^(pg_|information_schema)'
         and a.attnum > 0 and not a.attisdropped
         and (a.atttypid in ('bytea'::regtype, 'jsonb'::regtype, 'json'::regtype)
              or a.atttypid in (select oid from pg_type where typcategory in ('S', 'A', 'U')))`,
    )
    const found: string[] = []
    for (const [table, its] of Map.groupBy(columns, ({ place }) => place)) {
      if (MAY_HOLD.includes(table)) continue
      const texts = its.map(({ name, bytes }) => (bytes ? `encode(${name}, 'escape')` : `${name}::text`))
      const { rows } = await client.query<(string | null)[]>({
        text: `select ctid::text, ${texts.join(', ')} from ${table}`,
        rowMode: 'array',
      })
      for (const [row, ...cells] of rows) {
        for (const [index, cell] of cells.entries()) {
          if (cell === null || findSecret(cell, values) === undefined) continue
          found.push(`${database}, ${table} ${row}, ${its[index]?.name}`)
        }
      }
    }
    return found
  })
}

async function withClient<T>(connectionString: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString })
  await client.connect()
  try {
    return await use(client)
  } finally {
    await client.end()
  }
}
