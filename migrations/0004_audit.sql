-- Who changed what. Entries are written by triggers in the same transaction as the change, so that no path through
-- the code can forget one, and cannot be changed or removed by any role.

set local lock_timeout = '5s';

create table audit_entries (
  id          text primary key default app.new_id('aud') check (app.is_id('aud', id)),
  merchant_id text not null references merchants,
  -- Null for what belongs to no mode, such as signing in: visible in both.
  mode        text check (mode in ('test', 'live')),
  actor_type  text not null check (actor_type in ('user', 'api_key')),
  actor_id    text not null check (length(actor_id) <= 100),
  action      text not null check (action ~ '^[a-z_]+\.[a-z_]+$' and length(action) <= 100),
  object_type text not null check (length(object_type) <= 100),
  object_id   text not null check (length(object_id) <= 100),
  -- {changed: [names of columns]}: never values.
  details     jsonb not null default '{}' check (length(details::text) <= 8192),
  ip_address  text check (length(ip_address) <= 100),
  user_agent  text check (length(user_agent) <= 500),
  request_id  text check (length(request_id) <= 100),
  created_at  timestamptz not null default app.now()
);

create index audit_entries_of_merchant on audit_entries (merchant_id, id desc);

create trigger audit_entries_are_immutable before update or delete on audit_entries
  for each row execute function app.refuse_change();
create trigger audit_entries_are_kept before truncate on audit_entries
  for each statement execute function app.refuse_change();

alter table audit_entries enable row level security;
alter table audit_entries force row level security;
create policy tenant on audit_entries for select to paybridge_api
  using (merchant_id = (select app.merchant_id()) and (mode is null or mode = (select app.mode())));
create policy gate on audit_entries for insert to paybridge_gate with check (true);
grant select on audit_entries to paybridge_api;
grant insert on audit_entries to paybridge_gate;

-- On each table that people and keys change. Argument: the noun. A change by somebody whose request named no action
-- is refused: an unaudited change is a bug. Without a context (the system acts) there is nothing to audit.
create function app.audit_change() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  context jsonb := app.context();
  before  jsonb := case when tg_op = 'UPDATE' then to_jsonb(old) else '{}' end;
  after   jsonb := to_jsonb(new);
begin
  if context ->> 'actor_type' is null then
    return null;
  end if;
  if context ->> 'action' is null then
    raise exception using errcode = 'PB500', message = 'audit_action_missing';
  end if;
  insert into public.audit_entries
    (merchant_id, mode, actor_type, actor_id, action, object_type, object_id, details, ip_address, user_agent, request_id)
  values (
    context ->> 'merchant_id',
    case when after ? 'mode' then after ->> 'mode' end,
    context ->> 'actor_type', context ->> 'actor_id', context ->> 'action',
    tg_argv[0], after ->> 'id',
    case when tg_op = 'UPDATE' then jsonb_build_object('changed', (
      select coalesce(jsonb_agg(key order by key), '[]')
      from jsonb_object_keys(after) as key
      where after -> key is distinct from before -> key and key not in ('updated_at', 'version')))
    else '{}' end,
    context ->> 'ip_address', left(context ->> 'user_agent', 500), context ->> 'request_id');
  return null;
end
$$;

alter function app.audit_change() owner to paybridge_gate;

create trigger merchants_are_audited after update on merchants
  for each row execute function app.audit_change('merchant');
create trigger users_are_audited after update on users
  for each row execute function app.audit_change('user');

create function app.audit_entry_object(e audit_entries) returns jsonb
language sql stable
return jsonb_build_object(
  'id', e.id, 'object', 'audit_entry', 'mode', e.mode, 'actor_type', e.actor_type, 'actor_id', e.actor_id,
  'action', e.action, 'object_type', e.object_type, 'object_id', e.object_id, 'details', e.details,
  'ip_address', e.ip_address, 'user_agent', e.user_agent, 'request_id', e.request_id,
  'created_at', app.iso(e.created_at));

grant execute on function app.audit_entry_object(audit_entries) to paybridge_api;
