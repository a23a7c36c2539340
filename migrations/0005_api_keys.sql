-- API keys: stored as a hash, found by the gate, shown once by the code that made them.

set local lock_timeout = '5s';

create table api_keys (
  id            text primary key check (app.is_id('key', id)),
  merchant_id   text not null references merchants,
  mode          text not null check (mode in ('test', 'live')),
  name          text not null check (length(name) between 1 and 100),
  -- SHA-256 of the whole key: its 256 random bits need no slow hash.
  hash          text not null constraint api_keys_hash_unique unique check (hash ~ '^[0-9a-f]{64}$'),
  mask          text not null check (length(mask) <= 40),
  scopes        text[] not null check (cardinality(scopes) between 1 and 32),
  ip_allow_list cidr[] not null default '{}' check (cardinality(ip_allow_list) <= 50),
  expires_at    timestamptz,
  revoked_at    timestamptz,
  -- The key that takes this one's place; this one lives until its expiry, so that both work meanwhile.
  rotated_to    text,
  last_used_at  timestamptz,
  created_at    timestamptz not null default app.now(),
  updated_at    timestamptz not null default app.now(),
  unique (merchant_id, mode, id),
  foreign key (merchant_id, mode, rotated_to) references api_keys (merchant_id, mode, id)
);

create index api_keys_of_merchant on api_keys (merchant_id, mode, id desc);

-- A key can't hand out more than its maker holds, has one successor at most, and doesn't come back from being revoked
-- or from its expiry.
create function app.guard_api_key() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if tg_op = 'INSERT' and app.context() is not null
     and not new.scopes <@ array(select jsonb_array_elements_text(app.context() -> 'scopes')) then
    perform app.refuse(403, 'scope_not_held');
  end if;
  if tg_op = 'UPDATE' and old.revoked_at is not null and new.revoked_at is distinct from old.revoked_at then
    perform app.refuse(409, 'api_key_revoked');
  end if;
  if tg_op = 'UPDATE' and old.expires_at <= app.now() and new.expires_at is distinct from old.expires_at then
    perform app.refuse(409, 'api_key_expired');
  end if;
  -- Of two rotations at once, the second finds the first one's successor here.
  if tg_op = 'UPDATE' and old.rotated_to is not null and new.rotated_to is distinct from old.rotated_to then
    perform app.refuse(409, 'api_key_not_rotatable');
  end if;
  return new;
end
$$;

create trigger api_keys_guard before insert or update on api_keys
  for each row execute function app.guard_api_key();
create trigger api_keys_are_audited after insert or update on api_keys
  for each row execute function app.audit_change('api_key');

alter table api_keys enable row level security;
alter table api_keys force row level security;
create policy tenant on api_keys to paybridge_api
  using (merchant_id = (select app.merchant_id()) and mode = (select app.mode()))
  with check (merchant_id = (select app.merchant_id()) and mode = (select app.mode()));
create policy gate on api_keys to paybridge_gate using (true) with check (true);
grant select, insert on api_keys to paybridge_api;
grant update (revoked_at, expires_at, rotated_to, updated_at) on api_keys to paybridge_api;
grant select, update (last_used_at) on api_keys to paybridge_gate;

create function app.api_key_object(k api_keys) returns jsonb
language sql stable
return jsonb_build_object(
  'id', k.id, 'object', 'api_key', 'mode', k.mode, 'name', k.name, 'mask', k.mask,
  'status', case when k.revoked_at is not null then 'revoked' when k.expires_at <= app.now() then 'expired' else 'active' end,
  'scopes', to_jsonb(k.scopes), 'ip_allow_list', to_jsonb(k.ip_allow_list),
  'expires_at', app.iso(k.expires_at), 'revoked_at', app.iso(k.revoked_at), 'rotated_to', k.rotated_to,
  'last_used_at', app.iso(k.last_used_at), 'created_at', app.iso(k.created_at));

grant execute on function app.api_key_object(api_keys) to paybridge_api;
