/** Inserts that happen only where a condition holds in SQL: a batch can't stop half-way in TypeScript. */

import { getTableColumns, type InferInsertModel, is, SQL, sql } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import type { Db } from '../client.ts'

/** A row as Drizzle's `values` takes it: each value is of the column's type, or an SQL expression. */
type Row<T extends PgTable> = { [K in keyof InferInsertModel<T>]: InferInsertModel<T>[K] | SQL }

/** `insert into table (…) select … from source where condition`. Columns that the row lacks keep their default. */
export function insertWhere<T extends PgTable>(db: Db, table: T, row: Row<T>, condition: SQL, source?: SQL) {
  return db.execute(insertion(table, row, condition, source))
}

/** The same as an expression, for a statement of several parts. */
export function insertion<T extends PgTable>(table: T, row: Row<T>, condition: SQL, source?: SQL): SQL {
  const columns = getTableColumns(table)
  const given = Object.entries(row).flatMap(([name, value]) => {
    const column = columns[name]
    return column === undefined || value === undefined ? [] : [{ column, value }]
  })
  const names = given.map(({ column }) => sql.identifier(column.name))
  const values = given.map(({ column, value }) =>
    is(value, SQL) ? value : sql`${sql.param(value, column)}::${sql.raw(column.getSQLType())}`,
  )
  return sql`insert into ${table} (${sql.join(names, sql`, `)})
    select ${sql.join(values, sql`, `)} ${source === undefined ? sql`` : sql`from ${source}`} where ${condition}`
}

/** A list as one parameter: Postgres takes it whatever its length, and empty too. */
export function textArray(texts: readonly string[]): SQL {
  return sql`array(select jsonb_array_elements_text(${JSON.stringify(texts)}::jsonb))`
}
