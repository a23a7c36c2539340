-- The first statement of every batch. It checks who asks and sets for whom the rest acts; when it refuses, it raises,
-- and the whole batch does nothing. So authentication costs no round trip of its own.

set local lock_timeout = '5s';

-- request: {scope, action, ip_address, user_agent, request_id}; scope is what the route asks for.
create function app.enter_with_key(at timestamptz, presented_hash text, request jsonb)
returns table (merchant_id text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  key public.api_keys;
begin
  perform set_config('app.now', at::text, true);
  select k.* into key from public.api_keys k where k.hash = presented_hash;
  if not found then
    perform app.refuse(401, 'api_key_unknown');
  -- Whatever the clocks of two machines say: revoked is revoked.
  elsif key.revoked_at is not null then
    perform app.refuse(401, 'api_key_revoked');
  elsif key.expires_at <= at then
    perform app.refuse(401, 'api_key_expired');
  elsif cardinality(key.ip_allow_list) > 0
        and not coalesce((request ->> 'ip_address')::inet <<= any (key.ip_allow_list), false) then
    perform app.refuse(403, 'ip_not_allowed');
  elsif exists (select from public.merchants m where m.id = key.merchant_id and m.suspended_at is not null) then
    perform app.refuse(403, 'merchant_suspended');
  elsif not coalesce((request ->> 'scope') = any (key.scopes), false) then
    perform app.refuse(403, 'scope_missing', request ->> 'scope');
  end if;

  -- Once a minute is exact enough, and keeps a busy key from queueing on its own row.
  update public.api_keys k set last_used_at = at
  where k.id = (select f.id from public.api_keys f
                where f.id = key.id and coalesce(f.last_used_at, '-infinity') < at - interval '1 minute'
                for update skip locked);

  perform app.set_context(request || jsonb_build_object(
    'merchant_id', key.merchant_id, 'mode', key.mode, 'actor_type', 'api_key', 'actor_id', key.id,
    'scopes', to_jsonb(key.scopes)));
  return query select key.merchant_id;
end
$$;

alter function app.enter_with_key(timestamptz, text, jsonb) owner to paybridge_gate;
grant execute on function app.enter_with_key(timestamptz, text, jsonb) to paybridge_api;

-- The access token's signature is checked before; here its session and membership are, as they stand at this moment.
create function app.enter_with_session(at timestamptz, for_session text, for_user text, for_merchant text, in_mode text,
                                       request jsonb)
returns table (merchant_id text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  held_role text;
  scopes text[];
begin
  perform set_config('app.now', at::text, true);
  perform from public.sessions s
  where s.id = for_session and s.user_id = for_user
    and s.merchant_id = for_merchant and s.ended_at is null and s.expires_at > at;
  if not found then
    perform app.refuse(401, 'session_ended');
  end if;
  select m.role into held_role from public.memberships m
  where m.user_id = for_user and m.merchant_id = for_merchant;
  scopes := app.scopes_of(coalesce(held_role, ''));
  if exists (select from public.merchants m
             where m.id = for_merchant and m.suspended_at is not null) then
    perform app.refuse(403, 'merchant_suspended');
  elsif not coalesce((request ->> 'scope') = any (scopes), false) then
    perform app.refuse(403, 'scope_missing', request ->> 'scope');
  end if;
  perform app.set_context(request || jsonb_build_object(
    'merchant_id', for_merchant, 'mode', in_mode,
    'actor_type', 'user', 'actor_id', for_user, 'scopes', to_jsonb(scopes)));
  return query select for_merchant;
end
$$;

alter function app.enter_with_session(timestamptz, text, text, text, text, jsonb) owner to paybridge_gate;
grant execute on function app.enter_with_session(timestamptz, text, text, text, text, jsonb) to paybridge_api;

-- The workers in the back act for the system: no tenant, no actor, only the time.
create function app.enter_worker(at timestamptz) returns void
language sql volatile
begin atomic
  select set_config('app.now', at::text, true);
end;

grant execute on function app.enter_worker(timestamptz) to paybridge_worker;
