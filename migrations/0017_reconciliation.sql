-- Our books against the provider's own: runs over its list of payments, and what was found to differ.

set local lock_timeout = '5s';

grant create on schema app to paybridge_gate;
grant paybridge_gate to current_user with inherit true, set true;

alter table provider_events
  -- What is to be looked at: a payment, its refunds as well, or nothing of ours.
  add column about text not null default 'payment' check (about in ('payment', 'refund', 'nothing')),
  -- The provider's id of the payment, where the body names it so.
  add column provider_transaction_id text check (length(provider_transaction_id) <= 200);

create index provider_events_unmatched on provider_events (connection_id) where status = 'unmatched';

-- When the provider's own list last had the payment.
alter table attempts add column last_listed_at timestamptz;

create table reconciliation_runs (
  id               text primary key check (app.is_id('rec', id)),
  merchant_id      text not null,
  mode             text not null,
  connection_id    text not null,
  provider         text not null check (length(provider) <= 30),
  status           text not null default 'running' check (status in ('running', 'completed', 'failed')),
  -- The time of the provider's list that the run walks over.
  range_from       timestamptz not null,
  range_to         timestamptz not null,
  -- Where it goes on: the provider's cursor of the next page; null before the first, empty after the last.
  cursor           text check (length(cursor) <= 1000),
  leased_until     timestamptz,
  -- Pages in a row that could not be read.
  failures         integer not null default 0 check (failures >= 0),
  failure          text check (length(failure) <= 500),
  pages            integer not null default 0,
  payments_listed  bigint not null default 0,
  -- Made elsewhere on the account: with references that are not ours.
  payments_foreign bigint not null default 0,
  -- Webhooks about payments that nobody here knows.
  events_unmatched bigint not null default 0,
  drifts_found     bigint not null default 0,
  started_at       timestamptz not null default app.now(),
  finished_at      timestamptz,
  unique (merchant_id, mode, id),
  foreign key (merchant_id, mode, connection_id) references connections (merchant_id, mode, id),
  check (range_from < range_to),
  check ((status = 'running') = (finished_at is null))
);

-- Two at once would do the work twice.
create unique index reconciliation_runs_one_at_a_time on reconciliation_runs (connection_id) where status = 'running';
create index reconciliation_runs_of_merchant on reconciliation_runs (merchant_id, mode, id desc);
create index reconciliation_runs_by_range on reconciliation_runs (connection_id, range_to desc) where status = 'completed';

create table drifts (
  id             text primary key check (app.is_id('dri', id)),
  merchant_id    text not null,
  mode           text not null,
  -- Null where it was found outside of a run, while asking after one payment.
  run_id         text,
  connection_id  text not null,
  transaction_id text,
  attempt_id     text,
  cause          text not null check (cause in ('paid_there_not_here', 'paid_here_not_there', 'amount_differs',
                   'currency_differs', 'refunded_there', 'unknown_reference')),
  -- What it is about, in the provider's words or, where it has none, in ours.
  subject        text not null check (length(subject) <= 200),
  -- {status, amount, currency} each, as far as they are known.
  ours           jsonb not null check (length(ours::text) <= 2000),
  theirs         jsonb not null check (length(theirs::text) <= 2000),
  -- corrected: asking the provider again made both books say the same.
  status         text not null default 'open' check (status in ('open', 'corrected')),
  version        integer not null default 1,
  found_at       timestamptz not null default app.now(),
  corrected_at   timestamptz,
  unique (merchant_id, mode, id),
  -- Found again in the next run, it is the same drift.
  constraint drifts_once unique (connection_id, cause, subject),
  foreign key (merchant_id, mode, run_id) references reconciliation_runs (merchant_id, mode, id),
  foreign key (merchant_id, mode, connection_id) references connections (merchant_id, mode, id),
  foreign key (merchant_id, mode, transaction_id) references transactions (merchant_id, mode, id),
  foreign key (merchant_id, mode, transaction_id, attempt_id) references attempts (merchant_id, mode, transaction_id, id),
  -- Without its transaction the attempt would be held to no merchant.
  constraint drifts_attempt_of_a_transaction check (attempt_id is null or transaction_id is not null),
  check ((status = 'corrected') = (corrected_at is not null))
);

create index drifts_of_merchant on drifts (merchant_id, mode, id desc);
create index drifts_of_run on drifts (run_id, id desc);

create trigger reconciliation_runs_are_audited after insert on reconciliation_runs
  for each row execute function app.audit_change('reconciliation_run');

create function app.guard_drift() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if tg_op = 'INSERT' then
    if new.status <> 'open' or new.version <> 1 then
      perform app.refuse(409, 'drift_starts_open');
    end if;
    return new;
  end if;
  if old.status = 'corrected' or new.status <> 'corrected'
     or (new.id, new.merchant_id, new.mode, new.run_id, new.connection_id, new.transaction_id, new.attempt_id, new.cause,
         new.subject, new.ours, new.theirs, new.found_at)
        is distinct from (old.id, old.merchant_id, old.mode, old.run_id, old.connection_id, old.transaction_id,
         old.attempt_id, old.cause, old.subject, old.ours, old.theirs, old.found_at) then
    perform app.refuse(409, 'drift_is_recorded');
  end if;
  new.version := old.version + 1;
  return new;
end
$$;

create trigger drifts_guard before insert or update on drifts
  for each row execute function app.guard_drift();

alter table reconciliation_runs enable row level security;
alter table reconciliation_runs force row level security;
create policy tenant on reconciliation_runs to paybridge_api
  using (merchant_id = (select app.merchant_id()) and mode = (select app.mode()))
  with check (merchant_id = (select app.merchant_id()) and mode = (select app.mode()));
create policy worker on reconciliation_runs to paybridge_worker using (true) with check (true);
grant select on reconciliation_runs to paybridge_api;
-- A merchant may ask for a run; what it finds is the provider's word.
grant insert (id, merchant_id, mode, connection_id, provider, range_from, range_to) on reconciliation_runs to paybridge_api;
grant select, insert on reconciliation_runs to paybridge_worker;
grant update (status, cursor, leased_until, failures, failure, pages, payments_listed, payments_foreign,
              events_unmatched, drifts_found, finished_at) on reconciliation_runs to paybridge_worker;

alter table drifts enable row level security;
alter table drifts force row level security;
create policy tenant on drifts for select to paybridge_api
  using (merchant_id = (select app.merchant_id()) and mode = (select app.mode()));
create policy worker on drifts to paybridge_worker using (true) with check (true);
grant select on drifts to paybridge_api;
grant select, insert, update (status, corrected_at) on drifts to paybridge_worker;

create function app.reconciliation_run_object(r reconciliation_runs) returns jsonb
language sql stable
return jsonb_build_object(
  'id', r.id, 'object', 'reconciliation_run', 'mode', r.mode, 'connection_id', r.connection_id, 'provider', r.provider,
  'status', r.status, 'range_from', app.iso(r.range_from), 'range_to', app.iso(r.range_to), 'failure', r.failure,
  'pages', r.pages, 'payments_listed', r.payments_listed, 'payments_foreign', r.payments_foreign,
  'events_unmatched', r.events_unmatched, 'drifts_found', r.drifts_found,
  'started_at', app.iso(r.started_at), 'finished_at', app.iso(r.finished_at));

grant execute on function app.reconciliation_run_object(reconciliation_runs) to paybridge_api;

create function app.drift_object(d drifts) returns jsonb
language sql stable
return jsonb_build_object(
  'id', d.id, 'object', 'drift', 'mode', d.mode, 'run_id', d.run_id, 'connection_id', d.connection_id,
  'transaction_id', d.transaction_id, 'attempt_id', d.attempt_id, 'cause', d.cause, 'subject', d.subject,
  'ours', d.ours, 'theirs', d.theirs, 'status', d.status, 'found_at', app.iso(d.found_at),
  'corrected_at', app.iso(d.corrected_at));

grant execute on function app.drift_object(drifts) to paybridge_api, paybridge_gate;

create function app.tell_drift() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into public.events (id, merchant_id, mode, number, type, transaction_id, subject_id, version, object)
  values (app.new_id('evt'), new.merchant_id, new.mode, app.next_event_number(new.merchant_id, new.mode),
          'drift.' || case when tg_op = 'INSERT' then 'found' else new.status end,
          new.transaction_id, new.id, new.version, app.drift_object(new));
  return null;
end
$$;

alter function app.tell_drift() owner to paybridge_gate;

create trigger drifts_tell after insert or update on drifts
  for each row execute function app.tell_drift();

revoke create on schema app from paybridge_gate;
revoke inherit option for paybridge_gate from current_user;
