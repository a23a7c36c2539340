-- The tenant and its people.

set local lock_timeout = '5s';

create table merchants (
  id                 text primary key check (app.is_id('mer', id)),
  company_name       text not null check (length(company_name) between 1 and 200),
  country            text not null check (country ~ '^[A-Z]{2}$'),
  business_type      text check (length(business_type) between 1 and 100),
  developer_type     text not null default 'other'
                     check (developer_type in ('individual', 'startup', 'enterprise', 'agency', 'other')),
  preferred_currency text not null default 'USD' check (preferred_currency ~ '^[A-Z]{3}$'),
  -- Read-only to its merchant: the API's role has no right to write this column.
  kyc_status         text not null default 'pending' check (kyc_status in ('pending', 'verified', 'failed', 'rejected')),
  suspended_at       timestamptz,
  created_at         timestamptz not null default app.now(),
  updated_at         timestamptz not null default app.now()
);

create table users (
  id            text primary key check (app.is_id('usr', id)),
  email         text not null constraint users_email_unique unique
                check (email = lower(email) and length(email) between 3 and 254),
  password_hash text not null check (password_hash like '$scrypt$%' and length(password_hash) <= 200),
  first_name    text not null default '' check (length(first_name) <= 100),
  last_name     text not null default '' check (length(last_name) <= 100),
  phone_number  text check (phone_number ~ '^\+[1-9][0-9]{6,14}$'),
  -- Names the request that registered this person, so that the same request sent again is told the same.
  registered_by text check (registered_by ~ '^[0-9a-f]{64}$'),
  created_at    timestamptz not null default app.now(),
  updated_at    timestamptz not null default app.now()
);

create table memberships (
  merchant_id text not null references merchants,
  user_id     text not null references users,
  role        text not null check (role in ('owner', 'admin', 'developer', 'finance', 'viewer')),
  created_at  timestamptz not null default app.now(),
  primary key (merchant_id, user_id)
);

create index memberships_of_user on memberships (user_id);

-- What a role may do, in the words of an API key's scopes.
create function app.scopes_of(role text) returns text[]
language sql immutable
return case
  when role in ('owner', 'admin') then array[
    'profile:read', 'profile:write', 'api_keys:read', 'api_keys:write', 'connections:read', 'connections:write',
    'transactions:read', 'transactions:write', 'webhooks:read', 'webhooks:write', 'events:read', 'audit:read']
  when role = 'developer' then array[
    'profile:read', 'api_keys:read', 'api_keys:write', 'connections:read', 'transactions:read', 'transactions:write',
    'webhooks:read', 'webhooks:write', 'events:read']
  when role = 'finance' then array['profile:read', 'connections:read', 'transactions:read', 'transactions:write',
    'events:read', 'audit:read']
  when role = 'viewer' then array['profile:read', 'connections:read', 'transactions:read', 'webhooks:read', 'events:read']
  else array[]::text[]
end;

grant execute on function app.scopes_of(text) to paybridge_gate;

alter table merchants enable row level security;
alter table merchants force row level security;
create policy tenant on merchants to paybridge_api
  using (id = (select app.merchant_id())) with check (id = (select app.merchant_id()));
create policy gate on merchants to paybridge_gate using (true) with check (true);
grant select on merchants to paybridge_api;
grant update (company_name, country, business_type, developer_type, preferred_currency, updated_at)
  on merchants to paybridge_api;
grant select, insert on merchants to paybridge_gate;

alter table memberships enable row level security;
alter table memberships force row level security;
create policy tenant on memberships for select to paybridge_api using (merchant_id = (select app.merchant_id()));
create policy gate on memberships to paybridge_gate using (true) with check (true);
grant select on memberships to paybridge_api;
grant select, insert on memberships to paybridge_gate;

-- A person reads the colleagues of the merchant acted for, and changes nobody but themself.
alter table users enable row level security;
alter table users force row level security;
create policy tenant_reads on users for select to paybridge_api
  using (exists (select from memberships m where m.user_id = users.id and m.merchant_id = (select app.merchant_id())));
create policy self_changes on users for update to paybridge_api
  using (id = (select app.user_id())) with check (id = (select app.user_id()));
create policy gate on users to paybridge_gate using (true) with check (true);
grant select (id, email, first_name, last_name, phone_number, created_at, updated_at) on users to paybridge_api;
grant update (first_name, last_name, phone_number, updated_at) on users to paybridge_api;
grant select, insert, update on users to paybridge_gate;

create function app.merchant_object(m merchants) returns jsonb
language sql stable
return jsonb_build_object(
  'id', m.id, 'object', 'merchant', 'company_name', m.company_name, 'country', m.country,
  'business_type', m.business_type, 'developer_type', m.developer_type, 'preferred_currency', m.preferred_currency,
  'kyc_status', m.kyc_status, 'created_at', app.iso(m.created_at), 'updated_at', app.iso(m.updated_at));

-- Column by column: a whole row holds the password's hash, which the API's role may not read.
create function app.user_object(id text, email text, first_name text, last_name text, phone_number text,
                                created_at timestamptz, updated_at timestamptz) returns jsonb
language sql stable
return jsonb_build_object(
  'id', id, 'object', 'user', 'email', email, 'first_name', first_name, 'last_name', last_name,
  'phone_number', phone_number, 'created_at', app.iso(created_at), 'updated_at', app.iso(updated_at));

grant execute on function app.merchant_object(merchants) to paybridge_api, paybridge_gate;
grant execute on function app.user_object(text, text, text, text, text, timestamptz, timestamptz)
  to paybridge_api, paybridge_gate;
