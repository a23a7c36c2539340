-- Signing in: sessions, their rotating refresh tokens, and the exact count of attempts. Only the gate's functions
-- touch these tables; neither of the roles that log in has any right on them.

set local lock_timeout = '5s';

create table sessions (
  id          text primary key check (app.is_id('ses', id)),
  user_id     text not null references users,
  merchant_id text not null references merchants,
  -- Names the request that signed in, so that the same request sent again is given the same session.
  started_by  text check (started_by ~ '^[0-9a-f]{64}$'),
  created_at  timestamptz not null default app.now(),
  expires_at  timestamptz not null,
  ended_at    timestamptz,
  end_reason  text check (end_reason in ('logout', 'refresh_token_reused')),
  check ((ended_at is null) = (end_reason is null))
);

create index sessions_of_user on sessions (user_id);

-- A family of refresh tokens is the session's: one unused at a time.
create table refresh_tokens (
  hash       text primary key check (hash ~ '^[0-9a-f]{64}$'),
  session_id text not null references sessions on delete cascade,
  created_at timestamptz not null default app.now(),
  used_at    timestamptz
);

create unique index refresh_tokens_one_unused on refresh_tokens (session_id) where used_at is null;

-- Attempts to sign in and to register, per account and per address, in windows of 15 minutes.
create table sign_in_counts (
  counted      text not null check (length(counted) between 1 and 300),
  window_start timestamptz not null,
  attempts     integer not null default 1,
  primary key (counted, window_start)
);

alter table sessions enable row level security;
alter table sessions force row level security;
create policy gate on sessions to paybridge_gate using (true) with check (true);
grant select, insert, update, delete on sessions to paybridge_gate;

alter table refresh_tokens enable row level security;
alter table refresh_tokens force row level security;
create policy gate on refresh_tokens to paybridge_gate using (true) with check (true);
grant select, insert, update, delete on refresh_tokens to paybridge_gate;

alter table sign_in_counts enable row level security;
alter table sign_in_counts force row level security;
create policy gate on sign_in_counts to paybridge_gate using (true) with check (true);
grant select, insert, update, delete on sign_in_counts to paybridge_gate;

-- Audit entries about identity carry no context: nobody is signed in yet.
create function app.audit_identity(
  merchant_id text, user_id text, action text, object_type text, object_id text,
  ip_address text, user_agent text, request_id text) returns void
language sql security definer set search_path = pg_catalog, pg_temp
begin atomic
  insert into public.audit_entries
    (merchant_id, actor_type, actor_id, action, object_type, object_id, ip_address, user_agent, request_id)
  values ($1, 'user', $2, $3, $4, $5, $6, left($7, 500), $8);
end;

alter function app.audit_identity(text, text, text, text, text, text, text, text) owner to paybridge_gate;

-- Counts an attempt under each of these names, then says for how many seconds no more are taken; null while more are.
-- The count stands before any slow hash is run, so that a flood of concurrent guesses can't pass it.
-- Names are in an order that all callers keep, so that two attempts can't lock each other out.
create function app.count_attempt(at timestamptz, names text[], attempts_max integer[]) returns integer
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  since constant timestamptz := date_bin('15 minutes', at, 'epoch');
begin
  insert into public.sign_in_counts as c (counted, window_start)
  select n.name, since from unnest(names) with ordinality as n (name, place) order by n.place
  on conflict on constraint sign_in_counts_pkey do update set attempts = c.attempts + 1;
  return (
    select ceil(extract(epoch from since + interval '15 minutes' - at))::integer
    where exists (
      select from unnest(names, attempts_max) as n (name, most)
      join public.sign_in_counts c on c.counted = n.name and c.window_start = since
      where c.attempts > n.most));
end
$$;

alter function app.count_attempt(timestamptz, text[], integer[]) owner to paybridge_gate;

-- What an address counts as. One customer of an IPv6 provider has 2^64 addresses: they count as one.
create function app.counted_address(address text) returns text
language sql immutable
return case when address is null then 'unknown'
            when family(address::inet) = 6 then text(network(set_masklen(address::inet, 64)))
            else host(address::inet) end;

grant execute on function app.counted_address(text) to paybridge_gate;

-- A person with the merchant that they registered.
create function app.registration_object(of_user text) returns jsonb
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
  select jsonb_build_object(
    'user', app.user_object(u.id, u.email, u.first_name, u.last_name, u.phone_number, u.created_at, u.updated_at),
    'merchant', app.merchant_object(m))
  from public.users u
  join public.memberships ms on ms.user_id = u.id and ms.role = 'owner'
  join public.merchants m on m.id = ms.merchant_id
  where u.id = of_user
  order by ms.created_at limit 1;
end;

alter function app.registration_object(text) owner to paybridge_gate;

-- {retry_after, registered}: seconds where no more attempts are taken; the answer of the same request, sent before.
create function app.begin_registration(at timestamptz, account text, address text, attempts_max_account integer,
                                       attempts_max_address integer, request_name text) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  retry_after constant integer := app.count_attempt(
    at, array['registrations of account:' || account, 'registrations from address:' || app.counted_address(address)],
    array[attempts_max_account, attempts_max_address]);
begin
  if retry_after is not null then
    return jsonb_build_object('retry_after', retry_after, 'registered', null);
  end if;
  return jsonb_build_object('retry_after', null, 'registered', (
    select app.registration_object(u.id) from public.users u
    where u.email = account and u.registered_by = request_name and u.created_at > at - interval '24 hours'));
end
$$;

alter function app.begin_registration(timestamptz, text, text, integer, integer, text) owner to paybridge_gate;
grant execute on function app.begin_registration(timestamptz, text, text, integer, integer, text) to paybridge_api;

-- A person and a merchant with that person as its owner.
create function app.register(
  at timestamptz, new_user jsonb, new_merchant jsonb, ip_address text, user_agent text, request_id text) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform set_config('app.now', at::text, true);
  insert into public.users (id, email, password_hash, first_name, last_name, phone_number, registered_by)
  values (new_user ->> 'id', new_user ->> 'email', new_user ->> 'password_hash', coalesce(new_user ->> 'first_name', ''),
          coalesce(new_user ->> 'last_name', ''), new_user ->> 'phone_number', new_user ->> 'registered_by')
  on conflict on constraint users_email_unique do nothing;
  if not found then
    -- The same request, committed while this one hashed: sent again, it is told the answer.
    perform app.refuse(409, 'idempotency_in_flight') from public.users u
    where u.email = new_user ->> 'email' and u.registered_by = new_user ->> 'registered_by';
    perform app.refuse(409, 'email_taken');
  end if;
  insert into public.merchants (id, company_name, country, business_type, developer_type, preferred_currency)
  values (new_merchant ->> 'id', new_merchant ->> 'company_name', new_merchant ->> 'country',
          new_merchant ->> 'business_type', coalesce(new_merchant ->> 'developer_type', 'other'),
          coalesce(new_merchant ->> 'preferred_currency', 'USD'));
  insert into public.memberships (merchant_id, user_id, role)
  values (new_merchant ->> 'id', new_user ->> 'id', 'owner');
  perform app.audit_identity(new_merchant ->> 'id', new_user ->> 'id', 'user.registered', 'user', new_user ->> 'id',
                             ip_address, user_agent, request_id);
  return app.registration_object(new_user ->> 'id');
end
$$;

alter function app.register(timestamptz, jsonb, jsonb, text, text, text) owner to paybridge_gate;
grant execute on function app.register(timestamptz, jsonb, jsonb, text, text, text) to paybridge_api;

-- The session that this very request began some minutes ago, while nobody has used its first refresh token: giving
-- that out again is then harmless.
create function app.session_begun_by(at timestamptz, request_name text, of_user text) returns text
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
  select s.id from public.sessions s
  where s.user_id = of_user and s.started_by = request_name and s.created_at > at - interval '10 minutes'
    and s.ended_at is null
    and not exists (select from public.refresh_tokens t where t.session_id = s.id and t.used_at is not null);
end;

alter function app.session_begun_by(timestamptz, text, text) owner to paybridge_gate;

-- {retry_after, account}: seconds where no more attempts are taken; {user_id, merchant_id, password_hash, session_id},
-- or null where there is no such user. An unknown e-mail is counted and answered just as a known one.
create function app.begin_sign_in(at timestamptz, account text, address text, attempts_max_account integer,
                                  attempts_max_address integer, request_name text) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  retry_after constant integer := app.count_attempt(
    at, array['account:' || account, 'address:' || app.counted_address(address)],
    array[attempts_max_account, attempts_max_address]);
begin
  if retry_after is not null then
    return jsonb_build_object('retry_after', retry_after, 'account', null);
  end if;
  return jsonb_build_object('retry_after', null, 'account', (
    select jsonb_build_object(
      'user_id', u.id, 'merchant_id', ms.merchant_id, 'password_hash', u.password_hash,
      'session_id', app.session_begun_by(at, request_name, u.id))
    from public.users u
    join public.memberships ms on ms.user_id = u.id
    where u.email = account
    order by ms.created_at limit 1));
end
$$;

alter function app.begin_sign_in(timestamptz, text, text, integer, integer, text) owner to paybridge_gate;
grant execute on function app.begin_sign_in(timestamptz, text, text, integer, integer, text) to paybridge_api;

-- The password was right: opens the session, and lets the account's own count start anew.
create function app.finish_sign_in(
  at timestamptz, session jsonb, refresh_hash text, rehashed_password text,
  ip_address text, user_agent text, request_id text) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  account text;
begin
  perform set_config('app.now', at::text, true);
  -- One at a time, so that the same request sent twice at once can't begin two sessions.
  select u.email into account from public.users u where u.id = session ->> 'user_id' for update;
  if app.session_begun_by(at, session ->> 'started_by', session ->> 'user_id') is not null then
    perform app.refuse(409, 'idempotency_in_flight');
  end if;
  insert into public.sessions (id, user_id, merchant_id, started_by, expires_at)
  values (session ->> 'id', session ->> 'user_id', session ->> 'merchant_id', session ->> 'started_by',
          (session ->> 'expires_at')::timestamptz);
  insert into public.refresh_tokens (hash, session_id) values (refresh_hash, session ->> 'id');
  if rehashed_password is not null then
    update public.users set password_hash = rehashed_password where id = session ->> 'user_id';
  end if;
  delete from public.sign_in_counts where counted = 'account:' || account;
  perform app.audit_identity(session ->> 'merchant_id', session ->> 'user_id', 'session.started', 'session',
                             session ->> 'id', ip_address, user_agent, request_id);
end
$$;

alter function app.finish_sign_in(timestamptz, jsonb, text, text, text, text, text) owner to paybridge_gate;
grant execute on function app.finish_sign_in(timestamptz, jsonb, text, text, text, text, text) to paybridge_api;

-- Trades a refresh token for the next one: {outcome, session_id, user_id, merchant_id}.
--   rotated    the next token is good
--   repeated   the same request, sent again: its answer was lost, and the next token is still unused
--   reused     two hold the token, one of them a thief: the whole family ends
--   ended      the session is over
--   unknown    no such token
-- It returns instead of raising: the end of a family must commit.
create function app.rotate_refresh_token(
  at timestamptz, presented_hash text, next_hash text, ip_address text, user_agent text, request_id text) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  token public.refresh_tokens;
  session public.sessions;
  outcome text;
begin
  perform set_config('app.now', at::text, true);
  select * into token from public.refresh_tokens t where t.hash = presented_hash for update;
  if not found then
    return jsonb_build_object('outcome', 'unknown');
  end if;
  select * into session from public.sessions s where s.id = token.session_id for update;
  if session.ended_at is not null or session.expires_at <= at then
    outcome := 'ended';
  elsif token.used_at is null then
    outcome := 'rotated';
    update public.refresh_tokens t set used_at = at where t.hash = presented_hash;
    insert into public.refresh_tokens (hash, session_id) values (next_hash, session.id);
  elsif token.used_at > at - interval '10 minutes' and exists (
      select from public.refresh_tokens t
      where t.hash = next_hash and t.session_id = session.id and t.used_at is null) then
    outcome := 'repeated';
  else
    outcome := 'reused';
    update public.sessions s set ended_at = at, end_reason = 'refresh_token_reused' where s.id = session.id;
    perform app.audit_identity(session.merchant_id, session.user_id, 'session.reuse_detected', 'session', session.id,
                               ip_address, user_agent, request_id);
  end if;
  return jsonb_build_object('outcome', outcome, 'session_id', session.id, 'user_id', session.user_id,
                            'merchant_id', session.merchant_id);
end
$$;

alter function app.rotate_refresh_token(timestamptz, text, text, text, text, text) owner to paybridge_gate;
grant execute on function app.rotate_refresh_token(timestamptz, text, text, text, text, text) to paybridge_api;

-- Ends the session that a refresh token belongs to. Unknown tokens are as good as logged out.
create function app.end_session(at timestamptz, presented_hash text, ip_address text, user_agent text, request_id text)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  ended public.sessions;
begin
  perform set_config('app.now', at::text, true);
  update public.sessions s set ended_at = at, end_reason = 'logout'
  where s.id = (select t.session_id from public.refresh_tokens t where t.hash = presented_hash) and s.ended_at is null
  returning * into ended;
  if found then
    perform app.audit_identity(ended.merchant_id, ended.user_id, 'session.ended', 'session', ended.id,
                               ip_address, user_agent, request_id);
  end if;
end
$$;

alter function app.end_session(timestamptz, text, text, text, text) owner to paybridge_gate;
grant execute on function app.end_session(timestamptz, text, text, text, text) to paybridge_api;
