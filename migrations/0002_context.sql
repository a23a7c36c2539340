-- What a transaction knows about itself: the time, and for whom it acts. The gate writes the context; policies,
-- events and audit entries read it. It lives as long as the transaction.

set local lock_timeout = '5s';

-- Every function that runs with rights or at moments of its own says where its names are found. Postgres looks into
-- the caller's temporary schema first unless that is named last: a caller's own type called text would run its check
-- in here.

-- The time that the caller lives in: passed in with each batch, so that a simulated clock rules the database too.
create function app.now() returns timestamptz
language sql stable
return coalesce(nullif(current_setting('app.now', true), '')::timestamptz, statement_timestamp());

grant execute on function app.now() to public;

-- A setting can be written by whoever can write SQL, so the context carries a proof that only the gate can make.
create table app.context_secret (
  only_row boolean primary key default true check (only_row),
  secret   text not null
);

alter table app.context_secret enable row level security;
alter table app.context_secret force row level security;
create policy gate_reads on app.context_secret for select to paybridge_gate using (true);
create policy owner_fills on app.context_secret for insert to current_user with check (true);
insert into app.context_secret (secret)
values (gen_random_uuid()::text || gen_random_uuid()::text || gen_random_uuid()::text);
drop policy owner_fills on app.context_secret;
grant select on app.context_secret to paybridge_gate;

-- Bound to the connection and the transaction: a proof that leaks is worth nothing afterwards. The time is a number,
-- for how a timestamp reads is a setting of the caller's.
create function app.context_proof(context text) returns text
language sql stable security definer set search_path = pg_catalog, pg_temp
return (
  select encode(sha256(convert_to(
    secret || '|' || pg_backend_pid() || '|' || extract(epoch from transaction_timestamp()) || '|' || context, 'UTF8')), 'hex')
  from app.context_secret);

alter function app.context_proof(text) owner to paybridge_gate;

-- {merchant_id, mode, actor_type, actor_id, scopes, action, ip_address, user_agent, request_id}
create function app.set_context(context jsonb) returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp
begin atomic
  select set_config('app.context', context::text, true),
         set_config('app.context_proof', app.context_proof(context::text), true);
end;

alter function app.set_context(jsonb) owner to paybridge_gate;

-- The context of this transaction; null where the gate was not passed or the setting was tampered with.
create function app.context() returns jsonb
language sql stable security definer set search_path = pg_catalog, pg_temp
return (
  select case
    when current_setting('app.context_proof', true) = app.context_proof(current_setting('app.context', true))
    then current_setting('app.context', true)::jsonb
  end);

alter function app.context() owner to paybridge_gate;
grant execute on function app.context() to paybridge_api, paybridge_worker, paybridge_gate;

create function app.merchant_id() returns text language sql stable return app.context() ->> 'merchant_id';
create function app.mode() returns text language sql stable return app.context() ->> 'mode';
create function app.user_id() returns text language sql stable
return case when app.context() ->> 'actor_type' = 'user' then app.context() ->> 'actor_id' end;
grant execute on function app.merchant_id(), app.mode(), app.user_id()
  to paybridge_api, paybridge_worker, paybridge_gate;

-- Ends the batch with a problem that the API names to its caller: class PB, the HTTP status, and a stable code.
create function app.refuse(status integer, code text, detail text default '') returns void
-- Volatile: the planner must not raise it for a row that isn't there.
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
begin
  raise exception using errcode = 'PB' || status, message = code, detail = coalesce(detail, '');
end
$$;

grant execute on function app.refuse(integer, text, text) to paybridge_api, paybridge_worker, paybridge_gate;

-- Ids are a prefix and a ULID in lower-case Crockford base 32: they sort by the time at which they were made.
create function app.is_id(prefix text, id text) returns boolean
language sql immutable
return id ~ ('^' || prefix || '_[0-7][0-9a-hjkmnp-tv-z]{25}$');

grant execute on function app.is_id(text, text) to public;

create function app.new_id(prefix text) returns text
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  alphabet constant text := '0123456789abcdefghjkmnpqrstvwxyz';
  bits bit varying := (floor(extract(epoch from app.now()) * 1000)::bigint)::bit(48)::bit varying
                   || substring(('x' || replace(gen_random_uuid()::text, '-', ''))::bit(128) from 1 for 40)
                   || substring(('x' || replace(gen_random_uuid()::text, '-', ''))::bit(128) from 81 for 40);
  text_id text := '';
begin
  -- 26 characters carry 130 bits: two leading zeros before the 128 of the ULID.
  bits := B'00' || bits;
  for position in 0 .. 25 loop
    text_id := text_id || substr(alphabet, substring(bits from position * 5 + 1 for 5)::bit(5)::integer + 1, 1);
  end loop;
  return prefix || '_' || text_id;
end
$$;

grant execute on function app.new_id(text) to paybridge_api, paybridge_worker, paybridge_gate;

-- How times read on the wire: ISO 8601, UTC, milliseconds.
create function app.iso(moment timestamptz) returns text
language sql immutable
return to_char(moment at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');

grant execute on function app.iso(timestamptz) to public;

-- For triggers: what was recorded stays as it was.
create function app.refuse_change() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  raise exception using errcode = 'PB500', message = 'record_is_immutable',
    detail = format('%s on %s is refused: its rows are never changed or removed', tg_op, tg_table_name);
end
$$;
