-- A merchant's credentials at one provider, in one mode, sealed by the code before they come here.

set local lock_timeout = '5s';

create table connections (
  id                   text primary key check (app.is_id('con', id)),
  merchant_id          text not null references merchants,
  mode                 text not null check (mode in ('test', 'live')),
  provider             text not null check (provider ~ '^[a-z]{2,30}$'),
  name                 text not null check (length(name) between 1 and 100),
  status               text not null default 'active' check (status in ('active', 'disabled')),
  -- Tried in ascending order.
  priority             integer not null default 100 check (priority between 0 and 1000),
  -- How the secret key begins and ends: enough to recognise it, too little to use it.
  credentials_mask     text not null check (length(credentials_mask) <= 60),
  sealed_credentials   text not null check (sealed_credentials like 'v1.%' and length(sealed_credentials) <= 8192),
  -- After a rotation the provider may still sign with the old secret for some days.
  sealed_previous      text check (sealed_previous like 'v1.%' and length(sealed_previous) <= 8192),
  previous_valid_until timestamptz,
  checked_at           timestamptz,
  check_result         text check (check_result in ('valid', 'invalid', 'unknown')),
  created_at           timestamptz not null default app.now(),
  updated_at           timestamptz not null default app.now(),
  unique (merchant_id, mode, id),
  check ((sealed_previous is null) = (previous_valid_until is null))
);

create index connections_of_merchant on connections (merchant_id, mode, id desc);

create trigger connections_are_audited after insert or update on connections
  for each row execute function app.audit_change('connection');

alter table connections enable row level security;
alter table connections force row level security;
create policy tenant on connections to paybridge_api
  using (merchant_id = (select app.merchant_id()) and mode = (select app.mode()))
  with check (merchant_id = (select app.merchant_id()) and mode = (select app.mode()));
create policy worker on connections for select to paybridge_worker using (true);
grant select, insert on connections to paybridge_api;
grant update (name, status, priority, credentials_mask, sealed_credentials, sealed_previous, previous_valid_until,
              checked_at, check_result, updated_at) on connections to paybridge_api;
grant select on connections to paybridge_worker;

create function app.connection_object(c connections) returns jsonb
language sql stable
return jsonb_build_object(
  'id', c.id, 'object', 'connection', 'mode', c.mode, 'provider', c.provider, 'name', c.name, 'status', c.status,
  'priority', c.priority, 'secret_key', c.credentials_mask,
  'previous_credentials_until', case when c.previous_valid_until > app.now() then app.iso(c.previous_valid_until) end,
  'webhook_path', '/api/v1/webhooks/' || c.provider || '/' || c.id || '/',
  'checked_at', app.iso(c.checked_at), 'check_result', c.check_result,
  'created_at', app.iso(c.created_at), 'updated_at', app.iso(c.updated_at));

grant execute on function app.connection_object(connections) to paybridge_api;
