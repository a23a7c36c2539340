/**
 * The two kinds of database that the bridge stands before, each with the same small schema, for tests that must hold over
 * both.
 */
import { neonConfig } from '@neondatabase/serverless'
import { inject } from 'vitest'
import type { Backend } from '../../../local/database/backend.ts'
import { type Bridge, startBridge } from '../../../local/database/bridge.ts'
import { openPgBackend } from '../../../local/database/pg-backend.ts'
import { openPGliteBackend } from '../../../local/database/pglite-backend.ts'
import { PGLITE_DATABASE } from '../../../local/database/pglite-login.ts'
import { withSqlSession } from '../../../local/database/sql-session.ts'
import { superuserUrl } from '../../support/provided.ts'

export type Platform = {
  bridge: Bridge
  /** The connection string of one of the schema's roles, `<prefix>_alice` and so on, or of anybody else. */
  url(user: string, password?: string, database?: string): string
  close(): Promise<void>
}

/** The driver finds the bridge by the host and port of the connection string. */
neonConfig.fetchEndpoint = (host, port) => `http://${host}:${port}/sql`

/** Values as the driver receives them, before it parses any. */
export const asText = { getTypeParser: () => (value: string) => value }

/** Roles belong to the whole of a Postgres, so each test file has its own. */
const schema = (prefix: string) => `
  CREATE ROLE ${prefix}_alice LOGIN PASSWORD 'password of ${prefix}_alice';
  CREATE ROLE ${prefix}_bob LOGIN PASSWORD 'password of ${prefix}_bob';
  GRANT ${prefix}_bob TO ${prefix}_alice WITH INHERIT FALSE;
  CREATE ROLE ${prefix}_idle NOLOGIN PASSWORD 'password of ${prefix}_idle';

  CREATE TABLE notes (
    id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    owner name NOT NULL DEFAULT current_user,
    body text NOT NULL CONSTRAINT notes_body_says_something CHECK (body <> '')
  );
  ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
  CREATE POLICY notes_are_their_owners ON notes USING (owner = current_user);
  GRANT SELECT, INSERT ON notes TO ${prefix}_alice, ${prefix}_bob;

  CREATE TABLE chapters (
    number int4 PRIMARY KEY,
    previous int4 CONSTRAINT chapters_follow_one_another REFERENCES chapters DEFERRABLE INITIALLY DEFERRED
  );
  GRANT INSERT ON chapters TO ${prefix}_alice;

  CREATE TABLE counters (name text PRIMARY KEY, value int8 NOT NULL);
  INSERT INTO counters VALUES ('visits', 0);
  GRANT SELECT, INSERT, UPDATE ON counters TO ${prefix}_alice;

  CREATE TABLE every_value (
    amount int8, details jsonb, sealed bytea, scopes text[], at timestamptz, nothing text
  );
  GRANT SELECT, INSERT ON every_value TO ${prefix}_alice;

  CREATE TABLE secrets (word text);
  CREATE FUNCTION complain() RETURNS void LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = 'PB001', DETAIL = 'why', HINT = 'what to do'; END $$;
`

async function openPostgres(prefix: string): Promise<Platform> {
  const database = `${prefix}_test`
  await withSqlSession(superuserUrl('postgres'), (session) => session.execute(`CREATE DATABASE ${database}`))
  await withSqlSession(superuserUrl(database), (session) => session.execute(schema(prefix)))
  return platform(openPgBackend({ host: '127.0.0.1', port: inject('postgresPort') }), database)
}

async function openPGlite(prefix: string): Promise<Platform> {
  const backend = await openPGliteBackend()
  await backend.asSuperuser((session) => session.execute(schema(prefix)))
  return platform(backend, PGLITE_DATABASE)
}

async function platform(backend: Backend, ownDatabase: string): Promise<Platform> {
  const bridge = await startBridge({ backend, port: 0 })
  return {
    bridge,
    url: (user, password = `password of ${user}`, database = ownDatabase) =>
      `postgres://${user}:${encodeURIComponent(password)}@127.0.0.1:${bridge.port}/${database}`,
    async close() {
      await bridge.close()
      await backend.close()
    },
  }
}

/** `open` takes the beginning of the roles' names. */
export const platforms = [
  { name: 'Postgres', open: openPostgres },
  { name: 'PGlite', open: openPGlite },
]
