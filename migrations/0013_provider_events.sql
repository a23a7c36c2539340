-- What providers posted to us, byte for byte, once its signature was verified. An event only makes us ask the
-- provider; what the provider then says is applied.

set local lock_timeout = '5s';

create table provider_events (
  id              text primary key check (app.is_id('pev', id)),
  merchant_id     text not null,
  mode            text not null,
  connection_id   text not null,
  provider        text not null check (length(provider) <= 30),
  -- The provider's event id, or what stands for one: twice the same is once.
  dedupe_key      text not null check (length(dedupe_key) between 1 and 300),
  type            text not null check (length(type) between 1 and 200),
  -- What to look at, in the provider's words; null where the event is about nothing of ours.
  reference       text check (length(reference) <= 200),
  raw_body        bytea not null check (octet_length(raw_body) <= 1048576),
  -- received: to be applied. applied: the provider confirmed it. ignored: of a kind that concerns no payment.
  -- unmatched: about a reference that is not ours, or not yet. abandoned: the provider never gave a clear answer.
  status          text not null default 'received' check (status in ('received', 'applied', 'ignored', 'unmatched', 'abandoned')),
  attempts        integer not null default 0 check (attempts between 0 and 100),
  -- How often the provider posted the same again: normal for a retry, telling for a replay.
  repeats         integer not null default 0,
  next_attempt_at timestamptz,
  leased_until    timestamptz,
  received_at     timestamptz not null default app.now(),
  finished_at     timestamptz,
  constraint provider_events_once unique (connection_id, dedupe_key),
  foreign key (merchant_id, mode, connection_id) references connections (merchant_id, mode, id),
  check ((status = 'received') = (next_attempt_at is not null))
);

create index provider_events_due on provider_events (next_attempt_at) where status = 'received';
create index provider_events_by_reference on provider_events (connection_id, reference);

-- Posts that were refused, counted by day: evidence of an attack, or of a connection set up wrong.
create table provider_webhook_refusals (
  day      date not null,
  provider text not null check (length(provider) <= 30),
  reason   text not null check (length(reason) <= 60),
  count    bigint not null default 1,
  primary key (day, provider, reason)
);

alter table provider_events enable row level security;
alter table provider_events force row level security;
create policy worker on provider_events to paybridge_worker using (true) with check (true);
grant select, insert on provider_events to paybridge_worker;
grant update (status, attempts, repeats, next_attempt_at, leased_until, finished_at) on provider_events to paybridge_worker;

alter table provider_webhook_refusals enable row level security;
alter table provider_webhook_refusals force row level security;
create policy worker on provider_webhook_refusals to paybridge_worker using (true) with check (true);
grant select, insert, update on provider_webhook_refusals to paybridge_worker;

-- What need not be kept: claims after a day, counts of attempts after an hour, sessions a day after their end.
-- Bounded, so that a sweep never runs long; the next one takes the rest.
create function app.remove_outdated(at timestamptz, rows_max integer) returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp
begin atomic
  delete from public.idempotency_claims c where (c.merchant_id, c.mode, c.key) in (
    select o.merchant_id, o.mode, o.key from public.idempotency_claims o
    where o.created_at < at - interval '24 hours' limit rows_max);
  delete from public.sign_in_counts c where (c.counted, c.window_start) in (
    select o.counted, o.window_start from public.sign_in_counts o
    where o.window_start < at - interval '1 hour' limit rows_max);
  delete from public.sessions s where s.id in (
    select o.id from public.sessions o where coalesce(o.ended_at, o.expires_at) < at - interval '1 day' limit rows_max);
end;

create policy gate on idempotency_claims to paybridge_gate using (true);
grant select, delete on idempotency_claims to paybridge_gate;
alter function app.remove_outdated(timestamptz, integer) owner to paybridge_gate;
grant execute on function app.remove_outdated(timestamptz, integer) to paybridge_worker;

-- Until a later migration hands a function to the gate, which grants both again and revokes them in its end.
revoke create on schema app from paybridge_gate;
revoke inherit option for paybridge_gate from current_user;
