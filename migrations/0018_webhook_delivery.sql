-- Webhook endpoints as a merchant wants them, deliveries that spare a dead host and can be sent again, and what is told of
-- an endpoint itself.

set local lock_timeout = '5s';

grant create on schema app to paybridge_gate;
grant paybridge_gate to current_user with inherit true, set true;

alter table webhook_endpoints
  add column metadata jsonb not null default '{}' check (jsonb_typeof(metadata) = 'object' and length(metadata::text) <= 8192),
  -- Headers of the merchant's own may hold a password for the receiver: their values are sealed, their names are shown.
  add column header_names text[] not null default '{}' check (cardinality(header_names) <= 20),
  add column sealed_headers text check (sealed_headers like 'v1.%' and length(sealed_headers) <= 32768),
  -- Deliveries a minute; null for as many as there are.
  add column rate_limit integer check (rate_limit between 1 and 6000),
  -- Holds an event of a transaction back until the one before it is through.
  add column ordered boolean not null default false,
  -- While a secret is being replaced, both sign.
  add column sealed_previous_secret text check (sealed_previous_secret like 'v1.%' and length(sealed_previous_secret) <= 8192),
  add column previous_secret_until timestamptz,
  -- asked: by its merchant. gone: it answered 410. failing: days of nothing but failures.
  add column disabled_because text check (disabled_because in ('asked', 'gone', 'failing')),
  -- Attempts in a row that found nobody there; since when nothing was accepted, and how many attempts that were.
  add column failures integer not null default 0 check (failures >= 0),
  add column failing_since timestamptz,
  add column failed_attempts integer not null default 0 check (failed_attempts >= 0),
  -- Until then nothing is sent: its host is dead, or its rate is used up.
  add column paused_until timestamptz,
  add column next_send_at timestamptz,
  add column warned_at timestamptz,
  -- Counts what is told of the endpoint, and the test events that were asked for.
  add column version integer not null default 1,
  add column tests integer not null default 0,
  add constraint webhook_endpoints_headers_are_named check ((sealed_headers is null) = (cardinality(header_names) = 0)),
  add constraint webhook_endpoints_overlap_ends check ((sealed_previous_secret is null) = (previous_secret_until is null));

create index webhook_endpoints_paused on webhook_endpoints (greatest(paused_until, next_send_at))
  where paused_until is not null or next_send_at is not null;
create index webhook_endpoints_failing on webhook_endpoints (failing_since) where failing_since is not null and status = 'active';

alter table deliveries
  -- Attempts that were made before it was last sent again: the schedule begins anew.
  add column attempts_before integer not null default 0 check (attempts_before >= 0),
  drop constraint deliveries_attempts_check,
  add constraint deliveries_attempts_check check (attempts between 0 and 1000);

create index deliveries_leased on deliveries (endpoint_id, leased_until) where status = 'pending' and leased_until is not null;
create index deliveries_of_endpoint_due on deliveries (endpoint_id, next_attempt_at) where status = 'pending';

alter table delivery_attempts
  add column request_url text check (length(request_url) <= 2000),
  -- As they were sent, but for the values of the merchant's own.
  add column request_headers jsonb check (length(request_headers::text) <= 8192),
  drop constraint delivery_attempts_number_check,
  add constraint delivery_attempts_number_check check (number between 1 and 1000);

-- What was sent again, on whose demand, and how much of it there was.
create table webhook_replays (
  id           text primary key check (app.is_id('rpl', id)),
  merchant_id  text not null,
  mode         text not null,
  -- Null where an event was sent again to every endpoint that wants it.
  endpoint_id  text,
  kind         text not null check (kind in ('replay', 'recover', 'resend')),
  -- Numbers of events, both included; null where there was none.
  first_number bigint,
  last_number  bigint,
  scheduled    integer not null check (scheduled >= 0),
  created_at   timestamptz not null default app.now(),
  unique (merchant_id, mode, id),
  foreign key (merchant_id, mode, endpoint_id) references webhook_endpoints (merchant_id, mode, id)
);

create index webhook_replays_of_merchant on webhook_replays (merchant_id, mode, id desc);

create trigger webhook_replays_are_audited after insert on webhook_replays
  for each row execute function app.audit_change('webhook_replay');

alter table webhook_replays enable row level security;
alter table webhook_replays force row level security;
create policy tenant on webhook_replays to paybridge_api
  using (merchant_id = (select app.merchant_id()) and mode = (select app.mode()))
  with check (merchant_id = (select app.merchant_id()) and mode = (select app.mode()));
grant select, insert on webhook_replays to paybridge_api;

-- A merchant may have a delivery made that was missed, and one that is over made again. Nothing else is the merchant's.
create function app.guard_delivery() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if current_user <> 'paybridge_api' then
    return new;
  end if;
  if new.status <> 'pending' or (tg_op = 'UPDATE' and old.status = 'pending') then
    perform app.refuse(403, 'delivery_is_not_yours');
  end if;
  return new;
end
$$;

create trigger deliveries_guard before insert or update on deliveries
  for each row execute function app.guard_delivery();

drop policy tenant on deliveries;
create policy tenant on deliveries to paybridge_api
  using (merchant_id = (select app.merchant_id()) and mode = (select app.mode()))
  with check (merchant_id = (select app.merchant_id()) and mode = (select app.mode()));
grant insert (id, merchant_id, mode, endpoint_id, event_id, transaction_id, next_attempt_at),
      update (status, attempts_before, next_attempt_at, finished_at, leased_until) on deliveries to paybridge_api;
grant update (attempts_before) on deliveries to paybridge_worker;
grant execute on function app.wants(text[], text) to paybridge_api;

grant update (metadata, header_names, sealed_headers, rate_limit, ordered, sealed_previous_secret, previous_secret_until,
              tests) on webhook_endpoints to paybridge_api;
grant update (failures, failing_since, failed_attempts, paused_until, next_send_at, warned_at, status, disabled_because,
              updated_at) on webhook_endpoints to paybridge_worker;

create function app.guard_webhook_endpoint() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if new.status = 'active' and old.status = 'disabled' then
    -- Whoever enables it says that it works: it begins anew.
    new.disabled_because := null;
    new.failures := 0;
    new.failing_since := null;
    new.failed_attempts := 0;
    new.paused_until := null;
    new.warned_at := null;
  elsif new.status = 'disabled' and old.status = 'active' and (new.disabled_because is null or current_user = 'paybridge_api') then
    new.disabled_because := 'asked';
  end if;
  new.version := old.version + case
    when new.tests <> old.tests then 1
    when new.status = 'disabled' and old.status = 'active' and new.disabled_because <> 'asked' then 1
    when new.warned_at is not null and new.warned_at is distinct from old.warned_at then 1
    else 0
  end;
  return new;
end
$$;

create trigger webhook_endpoints_guard before update on webhook_endpoints
  for each row execute function app.guard_webhook_endpoint();

create or replace function app.webhook_endpoint_object(e webhook_endpoints) returns jsonb
language sql stable
return jsonb_build_object(
  'id', e.id, 'object', 'webhook_endpoint', 'mode', e.mode, 'url', e.url, 'description', e.description,
  'event_types', to_jsonb(e.event_types), 'metadata', e.metadata, 'custom_headers', to_jsonb(e.header_names),
  'rate_limit', e.rate_limit, 'ordered', e.ordered, 'status', e.status,
  'disabled_because', case when e.status = 'disabled' then coalesce(e.disabled_because, 'asked') end,
  'failing_since', app.iso(e.failing_since), 'paused_until', case when e.paused_until > app.now() then app.iso(e.paused_until) end,
  'previous_secret_until', case when e.previous_secret_until > app.now() then app.iso(e.previous_secret_until) end,
  'last_delivered_at', app.iso(e.last_delivered_at),
  'created_at', app.iso(e.created_at), 'updated_at', app.iso(e.updated_at));

grant execute on function app.webhook_endpoint_object(webhook_endpoints) to paybridge_gate;

create function app.tell_webhook_endpoint() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into public.events (id, merchant_id, mode, number, type, subject_id, version, object)
  values (app.new_id('evt'), new.merchant_id, new.mode, app.next_event_number(new.merchant_id, new.mode),
          'webhook.' || case when new.tests <> old.tests then 'test' when new.status <> old.status then 'disabled' else 'failing' end,
          new.id, new.version, app.webhook_endpoint_object(new));
  return null;
end
$$;

alter function app.tell_webhook_endpoint() owner to paybridge_gate;

create trigger webhook_endpoints_tell after update on webhook_endpoints
  for each row when (new.version <> old.version) execute function app.tell_webhook_endpoint();

-- A test event goes to the endpoint that it tests, and to no other.
create or replace function app.fill_outbox() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into public.deliveries (id, merchant_id, mode, endpoint_id, event_id, transaction_id, next_attempt_at)
  select app.new_id('del'), new.merchant_id, new.mode, e.id, new.id, new.transaction_id, app.now()
  -- Locked, in one order: an endpoint that is being disabled or removed gets this delivery before, and drops it, or
  -- doesn't get it.
  from (select w.id from public.webhook_endpoints w
        where w.merchant_id = new.merchant_id and w.mode = new.mode and w.status = 'active' and w.deleted_at is null
          and case when new.type = 'webhook.test' then w.id = new.subject_id else app.wants(w.event_types, new.type) end
        order by w.id for share) e;
  return null;
end
$$;

create function app.webhook_replay_object(r webhook_replays) returns jsonb
language sql stable
return jsonb_build_object(
  'id', r.id, 'object', 'webhook_replay', 'mode', r.mode, 'endpoint_id', r.endpoint_id, 'kind', r.kind,
  'first_number', r.first_number, 'last_number', r.last_number, 'scheduled', r.scheduled,
  'created_at', app.iso(r.created_at));

grant execute on function app.webhook_replay_object(webhook_replays) to paybridge_api;

create or replace function app.delivery_object(d deliveries) returns jsonb
language sql stable
return jsonb_build_object(
  'id', d.id, 'object', 'delivery', 'mode', d.mode, 'endpoint_id', d.endpoint_id, 'event_id', d.event_id,
  'event_type', (select e.type from public.events e where e.merchant_id = d.merchant_id and e.mode = d.mode and e.id = d.event_id),
  'status', d.status, 'next_attempt_at', app.iso(d.next_attempt_at), 'created_at', app.iso(d.created_at),
  'finished_at', app.iso(d.finished_at),
  'attempts', (select coalesce(jsonb_agg(jsonb_build_object(
      'number', a.number, 'attempted_at', app.iso(a.attempted_at), 'duration_ms', a.duration_ms, 'outcome', a.outcome,
      'request_url', a.request_url, 'request_headers', a.request_headers,
      'response_status', a.response_status, 'response_body', a.response_body) order by a.number), '[]')
    from public.delivery_attempts a where a.delivery_id = d.id));

-- Endpoints that nothing was accepted by for so long are warned of, then disabled. Bounded; a sweep each minute goes on.
create function app.judge_failing_endpoints(warn_after interval, warn_again_after interval, disable_after interval,
                                            attempts_min integer, rows_max integer) returns void
language sql volatile
begin atomic
  update public.webhook_endpoints w set
    status = case when w.failing_since <= app.now() - disable_after then 'disabled' else w.status end,
    disabled_because = case when w.failing_since <= app.now() - disable_after then 'failing' end,
    warned_at = case when w.failing_since <= app.now() - disable_after then w.warned_at else app.now() end,
    updated_at = app.now()
  where w.id in (
    select f.id from public.webhook_endpoints f
    where f.status = 'active' and f.deleted_at is null and f.failed_attempts >= attempts_min
      and f.failing_since <= app.now() - warn_after
      and (f.failing_since <= app.now() - disable_after
           or coalesce(f.warned_at, '-infinity') <= app.now() - warn_again_after)
    order by f.id limit rows_max for no key update skip locked);
end;

grant execute on function app.judge_failing_endpoints(interval, interval, interval, integer, integer) to paybridge_worker;

revoke create on schema app from paybridge_gate;
revoke inherit option for paybridge_gate from current_user;
