-- Every page of every list costs the same, however many rows there are and however few of them pass its filters. A list
-- that is filtered by several columns is read as the newest rows of each branch of one index (src/db/statements/page.ts):
-- an index for each combination of filters would cost every write more than it saves.

set local lock_timeout = '5s';

grant create on schema app to paybridge_gate;
grant paybridge_gate to current_user with inherit true, set true;

-- Those that a unique constraint has as well: an index is read in both directions.
drop index transactions_of_merchant;
drop index connections_of_merchant;
drop index api_keys_of_merchant;
drop index refunds_of_merchant;
drop index reconciliation_runs_of_merchant;
drop index drifts_of_merchant;
drop index webhook_replays_of_merchant;
-- No statement asks for attempts by their merchant alone. Reconciliation asks for those of a connection.
drop index attempts_of_merchant;
create index attempts_of_connection on attempts (connection_id, id);

-- A webhook may name a payment by the provider's id alone, before anybody knows its connection.
drop index attempts_by_provider_transaction;
create index attempts_by_provider_transaction on attempts (provider_transaction_id, connection_id)
  where provider_transaction_id is not null;

-- Each payment asks how its merchant's connections are.
create index connection_health_of_merchant on connection_health (merchant_id, mode);

-- Routing chooses a provider for every transaction.
alter table transactions alter column provider set not null;

-- By currency or provider, and status: a merchant has few pairs of currency and provider, and a status is one of seven.
create index transactions_by_terms on transactions (merchant_id, mode, currency, provider, status, id desc);

-- The event's own type, which a log of deliveries is asked by.
alter table deliveries add column event_type text check (length(event_type) <= 100);
-- An owner that row-level security binds would see no row to fill it in.
alter table deliveries no force row level security;
alter table events no force row level security;
update deliveries d set event_type = e.type from events e where e.id = d.event_id;
alter table deliveries force row level security;
alter table events force row level security;
alter table deliveries alter column event_type set not null;
grant insert (event_type) on deliveries to paybridge_api;

-- By the event first: it is asked for without its endpoint, too, and what is new lies at the index's end.
alter table deliveries
  drop constraint deliveries_once_per_endpoint,
  add constraint deliveries_once_per_endpoint unique (event_id, endpoint_id);

-- With the tenant, whom row-level security asks for: where an index can't answer that, Postgres expects next to no rows,
-- and sorts what it would have had in order.
drop index deliveries_of_endpoint_by_status;
drop index deliveries_of_endpoint;
create index deliveries_of_endpoint on deliveries (merchant_id, mode, endpoint_id, id desc);
create index deliveries_by_type on deliveries (merchant_id, mode, endpoint_id, event_type, status, id desc);

-- Entries without a mode are read in both: each page is the newest of two branches.
drop index audit_entries_of_merchant;
create index audit_entries_of_mode on audit_entries (merchant_id, mode, id desc);
create index audit_entries_by_action on audit_entries (merchant_id, mode, action, actor_id, id desc);
create index audit_entries_of_object on audit_entries (merchant_id, object_id, id desc);

drop index drifts_of_run;
create index drifts_of_run on drifts (merchant_id, mode, run_id, cause, status, id desc);
create index drifts_by_cause on drifts (merchant_id, mode, cause, status, id desc);

create index reconciliation_runs_to_take on reconciliation_runs (started_at) where status = 'running';
create index reconciliation_runs_failed on reconciliation_runs (connection_id, finished_at) where status = 'failed';
create index reconciliation_runs_of_connection on reconciliation_runs (merchant_id, mode, connection_id, id desc);

-- What is removed a day after its end is found by it, and a session that goes takes its tokens along.
create index sessions_by_end on sessions (coalesce(ended_at, expires_at));
create index refresh_tokens_of_session on refresh_tokens (session_id);
create index sign_in_counts_by_window on sign_in_counts (window_start);

create or replace function app.fill_outbox() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into public.deliveries (id, merchant_id, mode, endpoint_id, event_id, event_type, transaction_id, next_attempt_at)
  select app.new_id('del'), new.merchant_id, new.mode, e.id, new.id, new.type, new.transaction_id, app.now()
  -- Locked, in one order: an endpoint that is being disabled or removed gets this delivery before, and drops it, or
  -- doesn't get it.
  from (select w.id from public.webhook_endpoints w
        where w.merchant_id = new.merchant_id and w.mode = new.mode and w.status = 'active' and w.deleted_at is null
          and case when new.type = 'webhook.test' then w.id = new.subject_id else app.wants(w.event_types, new.type) end
        order by w.id for share) e;
  return null;
end
$$;

create or replace function app.delivery_object(d deliveries) returns jsonb
language sql stable
return jsonb_build_object(
  'id', d.id, 'object', 'delivery', 'mode', d.mode, 'endpoint_id', d.endpoint_id, 'event_id', d.event_id,
  'event_type', d.event_type,
  'status', d.status, 'next_attempt_at', app.iso(d.next_attempt_at), 'created_at', app.iso(d.created_at),
  'finished_at', app.iso(d.finished_at),
  'attempts', (select coalesce(jsonb_agg(jsonb_build_object(
      'number', a.number, 'attempted_at', app.iso(a.attempted_at), 'duration_ms', a.duration_ms, 'outcome', a.outcome,
      'request_url', a.request_url, 'request_headers', a.request_headers,
      'response_status', a.response_status, 'response_body', a.response_body) order by a.number), '[]')
    from public.delivery_attempts a where a.delivery_id = d.id));

revoke create on schema app from paybridge_gate;
revoke inherit option for paybridge_gate from current_user;
