-- Tickets to the live stream of events: made by whoever may read events, redeemed once by a socket, which a browser opens
-- without a header. A public one shows a single payment, and of that no more than a payer may know.

set local lock_timeout = '5s';

grant create on schema app to paybridge_gate;
grant paybridge_gate to current_user with inherit true, set true;

create table stream_tickets (
  -- SHA-256 of the whole ticket.
  hash           text primary key check (hash ~ '^[0-9a-f]{64}$'),
  merchant_id    text not null references merchants,
  mode           text not null check (mode in ('test', 'live')),
  -- Who made it: the stream ends with the key, or with the session.
  api_key_id     text,
  session_id     text check (app.is_id('ses', session_id)),
  user_id        text references users,
  -- What the stream shows: as of an endpoint's subscription, and of one payment where that is named.
  event_types    text[] not null default '{*}' check (cardinality(event_types) between 1 and 50 and length(event_types::text) <= 4096),
  transaction_id text,
  is_public      boolean not null default false,
  created_at     timestamptz not null default app.now(),
  expires_at     timestamptz not null,
  used_at        timestamptz,
  foreign key (merchant_id, mode, api_key_id) references api_keys (merchant_id, mode, id),
  foreign key (merchant_id, mode, transaction_id) references transactions (merchant_id, mode, id),
  constraint stream_tickets_have_one_maker
    check ((api_key_id is null) <> (session_id is null) and (session_id is null) = (user_id is null)),
  constraint stream_tickets_public_of_a_payment check (not is_public or transaction_id is not null),
  constraint stream_tickets_end_after_they_begin check (expires_at > created_at)
);

create index stream_tickets_by_expiry on stream_tickets (expires_at);

alter table stream_tickets enable row level security;
alter table stream_tickets force row level security;
-- A ticket is its maker's: nobody makes one that lives by another's key.
create policy tenant on stream_tickets for insert to paybridge_api
  with check (merchant_id = (select app.merchant_id()) and mode = (select app.mode())
              and (api_key_id = (select app.context() ->> 'actor_id') or user_id = (select app.user_id())));
create policy gate on stream_tickets to paybridge_gate using (true) with check (true);
grant insert (hash, merchant_id, mode, api_key_id, session_id, user_id, event_types, transaction_id, is_public, expires_at)
  on stream_tickets to paybridge_api;
grant select, delete, update (used_at) on stream_tickets to paybridge_gate;

-- Streams choose their events in SQL, as the outbox does.
grant execute on function app.wants(text[], text) to paybridge_api;

-- Takes a ticket in exchange for what it stands for; the second to come, and whoever comes too late, is refused. The
-- address is held against the key's list here, once: the list of a key never changes.
create function app.redeem_ticket(at timestamptz, presented_hash text, ip_address text) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  ticket public.stream_tickets;
  key public.api_keys;
begin
  perform set_config('app.now', at::text, true);
  update public.stream_tickets t set used_at = at
  where t.hash = presented_hash and t.used_at is null and t.expires_at > at
  returning * into ticket;
  if not found then
    perform app.refuse(401, 'stream_ticket_invalid');
  end if;
  select k.* into key from public.api_keys k where k.id = ticket.api_key_id;
  if not ticket.is_public and cardinality(key.ip_allow_list) > 0
     and not coalesce(ip_address::inet <<= any (key.ip_allow_list), false) then
    perform app.refuse(403, 'ip_not_allowed');
  end if;
  return jsonb_build_object(
    'merchant_id', ticket.merchant_id, 'mode', ticket.mode, 'event_types', to_jsonb(ticket.event_types),
    'transaction_id', ticket.transaction_id, 'is_public', ticket.is_public,
    'key_hash', key.hash, 'session_id', ticket.session_id, 'user_id', ticket.user_id);
end
$$;

alter function app.redeem_ticket(timestamptz, text, text) owner to paybridge_gate;
grant execute on function app.redeem_ticket(timestamptz, text, text) to paybridge_api;

-- Why the maker of a public ticket may no longer look at payments; null while he may. What the gate asks of a request.
create function app.watching_refused(at timestamptz, ticket stream_tickets) returns text
language sql stable security definer set search_path = pg_catalog, pg_temp
return (
  select case
    when m.suspended_at is not null then 'merchant_suspended'
    when k.revoked_at is not null then 'api_key_revoked'
    when k.expires_at <= at then 'api_key_expired'
    when k.id is null and not exists (
      select from public.sessions s where s.id = ticket.session_id and s.user_id = ticket.user_id
        and s.merchant_id = m.id and s.ended_at is null and s.expires_at > at) then 'session_ended'
    when not 'transactions:read' = any (coalesce(k.scopes, app.scopes_of(coalesce(
      (select ms.role from public.memberships ms where ms.user_id = ticket.user_id and ms.merchant_id = m.id), ''))))
      then 'scope_missing'
  end
  from public.merchants m left join public.api_keys k on k.id = ticket.api_key_id
  where m.id = ticket.merchant_id);

alter function app.watching_refused(timestamptz, stream_tickets) owner to paybridge_gate;

-- A change of a payment as the payer may know it. Its number counts the changes of this one payment: the merchant's own
-- numbers would tell a passer-by how much is sold.
create function app.public_event_object(e events) returns jsonb
language sql stable
return jsonb_build_object(
  'id', e.id, 'object', 'event', 'number', e.version, 'type', e.type, 'created_at', app.iso(e.created_at),
  'data', jsonb_build_object(
    'id', e.object -> 'id', 'object', e.object -> 'object', 'status', e.object -> 'status',
    'amount', e.object -> 'amount', 'currency', e.object -> 'currency'));

grant execute on function app.public_event_object(events) to paybridge_gate;

-- Even the gate's own function reads no events but the changes of the payments that it was let in to watch.
create policy gate_watches on events for select to paybridge_gate
  using (transaction_id = any (array(select jsonb_array_elements_text((select app.context()) -> 'watched')))
         and subject_id is null);
grant select on events to paybridge_gate;

-- What became of payments, for the public streams whose tickets these are: a row for each event after a number and, of
-- each ticket that no longer holds, one with the reason. The context has no merchant, so nothing else opens.
-- questions: [{ticket, after}]
create function app.watch_payments(at timestamptz, questions jsonb, rows_max integer)
returns table (ticket text, refusal text, number integer, object text)
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  asked jsonb;
begin
  perform set_config('app.now', at::text, true);
  select coalesce(jsonb_agg(jsonb_build_object(
      'ticket', q.ticket, 'after', q.after, 'transaction', t.transaction_id,
      'refusal', case when t.hash is null then 'stream_ticket_invalid' else app.watching_refused(at, t) end)), '[]')
    into asked
  from jsonb_to_recordset(questions) as q (ticket text, after integer)
  left join public.stream_tickets t on t.hash = q.ticket and t.is_public and t.used_at is not null;
  perform app.set_context(jsonb_build_object(
    'actor_type', 'public',
    'watched', coalesce((select jsonb_agg(a -> 'transaction') from jsonb_array_elements(asked) a
                         where a ->> 'refusal' is null), '[]')));
  return query
    select a.ticket, a.refusal, e.version, e.object
    from jsonb_to_recordset(asked) as a (ticket text, after integer, transaction text, refusal text)
    left join lateral (
      select told.version, app.public_event_object(told)::text as object from public.events told
      where a.refusal is null and told.transaction_id = a.transaction and told.version > a.after
      order by told.version limit rows_max) e on true
    where a.refusal is not null or e.version is not null
    order by a.ticket, e.version;
end
$$;

alter function app.watch_payments(timestamptz, jsonb, integer) owner to paybridge_gate;
grant execute on function app.watch_payments(timestamptz, jsonb, integer) to paybridge_api;

-- A day after its end a ticket is of no use; a public stream that still goes on ends with it. Bounded, as are its like.
create function app.remove_stream_tickets(at timestamptz, rows_max integer) returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp
begin atomic
  delete from public.stream_tickets t where t.hash in (
    select o.hash from public.stream_tickets o where o.expires_at < at - interval '24 hours' limit rows_max);
end;

alter function app.remove_stream_tickets(timestamptz, integer) owner to paybridge_gate;
grant execute on function app.remove_stream_tickets(timestamptz, integer) to paybridge_worker;

revoke create on schema app from paybridge_gate;
revoke inherit option for paybridge_gate from current_user;
