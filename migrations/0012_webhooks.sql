-- Where and how the merchant is told: endpoints, deliveries (the outbox) and every attempt at one. A trigger writes
-- the outbox with the event, so there is no moment at which an event is told to nobody.

set local lock_timeout = '5s';

create table webhook_endpoints (
  id            text primary key check (app.is_id('whe', id)),
  merchant_id   text not null references merchants,
  mode          text not null check (mode in ('test', 'live')),
  url           text not null check (url ~ '^https?://' and length(url) <= 2000),
  description   text check (length(description) <= 500),
  -- Event types, families such as payment.*, or * for all.
  event_types   text[] not null check (cardinality(event_types) between 1 and 50 and length(event_types::text) <= 4096),
  status        text not null default 'active' check (status in ('active', 'disabled')),
  sealed_secret text not null check (sealed_secret like 'v1.%' and length(sealed_secret) <= 8192),
  last_delivered_at timestamptz,
  -- A removed endpoint keeps the log of its deliveries.
  deleted_at    timestamptz,
  created_at    timestamptz not null default app.now(),
  updated_at    timestamptz not null default app.now(),
  unique (merchant_id, mode, id)
);

create index webhook_endpoints_of_merchant on webhook_endpoints (merchant_id, mode, id desc) where deleted_at is null;

create table deliveries (
  id              text primary key check (app.is_id('del', id)),
  merchant_id     text not null,
  mode            text not null,
  endpoint_id     text not null,
  event_id        text not null,
  transaction_id  text not null,
  status          text not null default 'pending' check (status in ('pending', 'succeeded', 'exhausted', 'dropped')),
  attempts        integer not null default 0 check (attempts between 0 and 20),
  next_attempt_at timestamptz,
  leased_until    timestamptz,
  created_at      timestamptz not null default app.now(),
  finished_at     timestamptz,
  constraint deliveries_once_per_endpoint unique (endpoint_id, event_id),
  unique (merchant_id, mode, id),
  foreign key (merchant_id, mode, endpoint_id) references webhook_endpoints (merchant_id, mode, id),
  foreign key (merchant_id, mode, event_id) references events (merchant_id, mode, id),
  foreign key (merchant_id, mode, transaction_id) references transactions (merchant_id, mode, id),
  -- Whatever is pending is due at some time.
  check ((status = 'pending') = (next_attempt_at is not null)),
  check ((status = 'pending') = (finished_at is null))
);

create index deliveries_due on deliveries (next_attempt_at) where status = 'pending';
create index deliveries_of_transaction on deliveries (transaction_id) where status = 'pending';
create index deliveries_of_endpoint on deliveries (endpoint_id, id desc);
create index deliveries_of_endpoint_by_status on deliveries (endpoint_id, status, id desc);

create table delivery_attempts (
  delivery_id     text not null,
  merchant_id     text not null,
  mode            text not null,
  number          integer not null check (number between 1 and 20),
  attempted_at    timestamptz not null,
  duration_ms     integer not null check (duration_ms >= 0),
  outcome         text not null check (outcome in ('accepted', 'rejected', 'timed_out', 'unreachable', 'forbidden_url')),
  response_status integer,
  response_body   text check (octet_length(response_body) <= 4096),
  primary key (delivery_id, number),
  foreign key (merchant_id, mode, delivery_id) references deliveries (merchant_id, mode, id)
);

create trigger delivery_attempts_are_immutable before update or delete on delivery_attempts
  for each row execute function app.refuse_change();

create trigger webhook_endpoints_are_audited after insert or update on webhook_endpoints
  for each row execute function app.audit_change('webhook_endpoint');

alter table webhook_endpoints enable row level security;
alter table webhook_endpoints force row level security;
create policy tenant on webhook_endpoints to paybridge_api
  using (merchant_id = (select app.merchant_id()) and mode = (select app.mode()))
  with check (merchant_id = (select app.merchant_id()) and mode = (select app.mode()));
create policy worker on webhook_endpoints to paybridge_worker using (true) with check (true);
create policy gate on webhook_endpoints for select to paybridge_gate using (true);
-- The outbox locks the endpoints that it writes to, and changes none: a right to update, under which no update passes.
create policy gate_locks on webhook_endpoints for update to paybridge_gate using (true) with check (false);
grant select, insert on webhook_endpoints to paybridge_api;
grant update (url, description, event_types, status, sealed_secret, deleted_at, updated_at) on webhook_endpoints to paybridge_api;
grant select, update (last_delivered_at) on webhook_endpoints to paybridge_worker;
grant select, update (updated_at) on webhook_endpoints to paybridge_gate;

alter table deliveries enable row level security;
alter table deliveries force row level security;
create policy tenant on deliveries for select to paybridge_api
  using (merchant_id = (select app.merchant_id()) and mode = (select app.mode()));
create policy worker on deliveries to paybridge_worker using (true) with check (true);
create policy gate on deliveries to paybridge_gate using (true) with check (true);
grant select on deliveries to paybridge_api;
grant select, update (status, attempts, next_attempt_at, leased_until, finished_at) on deliveries to paybridge_worker;
grant select (endpoint_id, status), insert, update (status, next_attempt_at, leased_until, finished_at)
  on deliveries to paybridge_gate;

alter table delivery_attempts enable row level security;
alter table delivery_attempts force row level security;
create policy tenant on delivery_attempts for select to paybridge_api
  using (merchant_id = (select app.merchant_id()) and mode = (select app.mode()));
create policy worker on delivery_attempts to paybridge_worker using (true) with check (true);
grant select on delivery_attempts to paybridge_api;
grant select, insert on delivery_attempts to paybridge_worker;

-- payment.succeeded is wanted by payment.succeeded, payment.* and *.
create function app.wants(event_types text[], type text) returns boolean
language sql immutable
return '*' = any (event_types) or type = any (event_types) or split_part(type, '.', 1) || '.*' = any (event_types);

grant execute on function app.wants(text[], text) to paybridge_gate;

create function app.fill_outbox() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into public.deliveries (id, merchant_id, mode, endpoint_id, event_id, transaction_id, next_attempt_at)
  select app.new_id('del'), new.merchant_id, new.mode, e.id, new.id, new.transaction_id, app.now()
  -- Locked, in one order: an endpoint that is being disabled or removed gets this delivery before, and drops it, or
  -- doesn't get it.
  from (select w.id from public.webhook_endpoints w
        where w.merchant_id = new.merchant_id and w.mode = new.mode and w.status = 'active' and w.deleted_at is null
          and app.wants(w.event_types, new.type)
        order by w.id for share) e;
  return null;
end
$$;

alter function app.fill_outbox() owner to paybridge_gate;

create trigger events_fill_the_outbox after insert on events
  for each row execute function app.fill_outbox();

-- An endpoint that is disabled or removed is told nothing more, so nothing is pending for it. Enabled again, it is told
-- what happens from then on; what it missed is in the list of events.
create function app.drop_deliveries() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update public.deliveries
  set status = 'dropped', next_attempt_at = null, leased_until = null, finished_at = app.now()
  where endpoint_id = new.id and status = 'pending';
  return null;
end
$$;

alter function app.drop_deliveries() owner to paybridge_gate;

create trigger webhook_endpoints_drop_deliveries after update on webhook_endpoints
  for each row when (new.status = 'disabled' or new.deleted_at is not null) execute function app.drop_deliveries();

create function app.webhook_endpoint_object(e webhook_endpoints) returns jsonb
language sql stable
return jsonb_build_object(
  'id', e.id, 'object', 'webhook_endpoint', 'mode', e.mode, 'url', e.url, 'description', e.description,
  'event_types', to_jsonb(e.event_types), 'status', e.status, 'last_delivered_at', app.iso(e.last_delivered_at),
  'created_at', app.iso(e.created_at), 'updated_at', app.iso(e.updated_at));

create function app.delivery_object(d deliveries) returns jsonb
language sql stable
return jsonb_build_object(
  'id', d.id, 'object', 'delivery', 'mode', d.mode, 'endpoint_id', d.endpoint_id, 'event_id', d.event_id,
  'status', d.status, 'next_attempt_at', app.iso(d.next_attempt_at), 'created_at', app.iso(d.created_at),
  'finished_at', app.iso(d.finished_at),
  'attempts', (select coalesce(jsonb_agg(jsonb_build_object(
      'number', a.number, 'attempted_at', app.iso(a.attempted_at), 'duration_ms', a.duration_ms, 'outcome', a.outcome,
      'response_status', a.response_status, 'response_body', a.response_body) order by a.number), '[]')
    from public.delivery_attempts a where a.delivery_id = d.id));

grant execute on function app.webhook_endpoint_object(webhook_endpoints), app.delivery_object(deliveries) to paybridge_api;
