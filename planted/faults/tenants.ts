/** The wall between merchants and modes, and the log of who changed what. */
import type { Fault } from '../fault.ts'

export const TENANTS: readonly Fault[] = [
  {
    name: 'policy-missing-on-one-table',
    why: 'The policy of refunds was forgotten: merchants see none, not even theirs.',
    file: 'migrations/0016_refunds.sql',
    search: `create policy tenant on refunds to paybridge_api
  using (merchant_id = (select app.merchant_id()) and mode = (select app.mode()))
  with check (merchant_id = (select app.merchant_id()) and mode = (select app.mode()));
`,
    replace: '',
    tests: ['test/node/sql/rights.test.ts'],
  },
  {
    name: 'policy-without-the-mode',
    why: 'A test key reads the drifts of live payments.',
    file: 'migrations/0017_reconciliation.sql',
    search: `create policy tenant on drifts for select to paybridge_api
  using (merchant_id = (select app.merchant_id()) and mode = (select app.mode()));`,
    replace: `create policy tenant on drifts for select to paybridge_api
  using (merchant_id = (select app.merchant_id()));`,
    tests: ['test/node/sql/tenant-wall.test.ts'],
    named: 'drifts',
  },
  {
    name: 'policy-for-everybody',
    why: 'Every merchant reads every merchant’s webhook endpoints.',
    file: 'migrations/0012_webhooks.sql',
    search: `create policy tenant on webhook_endpoints to paybridge_api
  using (merchant_id = (select app.merchant_id()) and mode = (select app.mode()))`,
    replace: `create policy tenant on webhook_endpoints to paybridge_api
  using (true)`,
    tests: ['test/node/sql/tenant-wall.test.ts'],
    named: 'webhook_endpoints',
  },
  {
    name: 'write-not-checked',
    why: 'A merchant may write a connection under another merchant’s name.',
    file: 'migrations/0009_connections.sql',
    search: `create policy tenant on connections to paybridge_api
  using (merchant_id = (select app.merchant_id()) and mode = (select app.mode()))
  with check (merchant_id = (select app.merchant_id()) and mode = (select app.mode()));`,
    replace: `create policy tenant on connections to paybridge_api
  using (merchant_id = (select app.merchant_id()) and mode = (select app.mode()))
  with check (true);`,
    tests: ['test/node/sql/tenant-wall.test.ts'],
    named: 'connections',
  },
  {
    name: 'wall-not-forced',
    why: 'The owner of a table walks past its policies: a wrong connection string shows everything.',
    file: 'migrations/0015_routing.sql',
    search: 'alter table routing_rules force row level security;\n',
    replace: '',
    tests: ['test/node/sql/rights.test.ts'],
  },
  {
    name: 'right-too-many',
    why: 'The API may remove connections, with the payments that hang on them.',
    file: 'migrations/0009_connections.sql',
    search: 'grant select, insert on connections to paybridge_api;',
    replace: 'grant select, insert, delete on connections to paybridge_api;',
    tests: ['test/node/sql/rights.test.ts'],
  },
  {
    name: 'context-without-its-proof',
    why: 'Whoever can write SQL sets the tenant that it wants to be.',
    file: 'migrations/0002_context.sql',
    search: "when current_setting('app.context_proof', true) = app.context_proof(current_setting('app.context', true))",
    replace: "when current_setting('app.context', true) <> ''",
    tests: ['test/node/sql/forgery.test.ts'],
  },
  {
    name: 'function-finds-the-callers-names',
    why: 'A function with rights of its own looks for tables where its caller may put some.',
    file: 'migrations/0019_streams.sql',
    search: `create function app.watching_refused(at timestamptz, ticket stream_tickets) returns text
language sql stable security definer set search_path = pg_catalog, pg_temp`,
    replace: `create function app.watching_refused(at timestamptz, ticket stream_tickets) returns text
language sql stable security definer`,
    tests: ['test/node/sql/rights.test.ts'],
  },
  {
    name: 'functions-for-everybody',
    why: 'A new function is callable by whoever logs in.',
    file: 'migrations/0001_roles.sql',
    search: 'alter default privileges revoke execute on functions from public;',
    replace: '',
    tests: ['test/node/sql/rights.test.ts'],
  },
  {
    name: 'change-not-audited',
    why: 'Credentials are replaced without an entry of who did it.',
    file: 'migrations/0009_connections.sql',
    search: 'create trigger connections_are_audited after insert or update on connections',
    replace: 'create trigger connections_are_audited after insert on connections',
    tests: ['test/node/sql/audit.test.ts'],
  },
  {
    name: 'audit-log-can-be-cut',
    why: 'Entries can be removed by whoever owns the table.',
    file: 'migrations/0004_audit.sql',
    search: 'create trigger audit_entries_are_immutable before update or delete on audit_entries',
    replace: 'create trigger audit_entries_are_immutable before update on audit_entries',
    tests: ['test/node/sql/audit.test.ts'],
  },
]
