-- Money that goes back. What is pending or has succeeded never exceeds what was paid: the sums stand on the transaction's
-- own row, where a constraint holds them, and are counted by a trigger that every refund passes.

set local lock_timeout = '5s';

grant create on schema app to paybridge_gate;
grant paybridge_gate to current_user with inherit true, set true;

alter table transactions
  -- Refunds that are under way; amount_refunded are those that succeeded.
  add column amount_refunding bigint not null default 0,
  -- When somebody reads the provider's list of refunds next, and how often somebody did.
  add column refunds_check_at timestamptz,
  add column refund_checks integer not null default 0 check (refund_checks >= 0),
  add unique (merchant_id, mode, id, currency),
  drop constraint transactions_refunds_within_amount,
  add constraint transactions_refunds_within_amount
    check (amount_refunded >= 0 and amount_refunding >= 0 and amount_refunded + amount_refunding <= amount),
  add constraint transactions_refunds_of_what_was_paid
    check (amount_refunded + amount_refunding = 0 or status = 'succeeded'),
  -- Whatever is under way has somebody asking after it.
  add constraint transactions_refunds_are_asked_after check (amount_refunding = 0 or refunds_check_at is not null);

create index transactions_refunds_to_check on transactions (refunds_check_at) where refunds_check_at is not null;

create table refunds (
  id                 text primary key check (app.is_id('ref', id)),
  merchant_id        text not null,
  mode               text not null,
  transaction_id     text not null,
  -- The attempt that was paid, at whose connection the money goes back.
  attempt_id         text not null,
  connection_id      text not null,
  provider           text not null check (length(provider) <= 30),
  -- api: asked for here. provider: found there, where somebody made it on the dashboard.
  origin             text not null default 'api' check (origin in ('api', 'provider')),
  amount             bigint not null check (amount between 1 and 9007199254740991),
  currency           text not null,
  reason             text check (length(reason) between 1 and 500),
  status             text not null default 'pending' check (status in ('pending', 'requires_action', 'succeeded', 'failed')),
  -- Counts the status changes: event N of a refund tells its version N.
  version            integer not null default 1 check (version >= 1),
  provider_refund_id text check (length(provider_refund_id) <= 100),
  failure_code       text check (length(failure_code) <= 100),
  failure_message    text check (length(failure_message) <= 500),
  -- When the provider was last asked to make it.
  sent_at            timestamptz,
  created_at         timestamptz not null default app.now(),
  updated_at         timestamptz not null default app.now(),
  finished_at        timestamptz,
  unique (merchant_id, mode, id),
  foreign key (merchant_id, mode, transaction_id, currency) references transactions (merchant_id, mode, id, currency),
  foreign key (merchant_id, mode, transaction_id, attempt_id) references attempts (merchant_id, mode, transaction_id, id),
  foreign key (merchant_id, mode, connection_id) references connections (merchant_id, mode, id),
  -- A refund there is one refund here.
  constraint refunds_adopted_once unique (connection_id, provider_refund_id)
);

create index refunds_of_merchant on refunds (merchant_id, mode, id desc);
create index refunds_by_status on refunds (merchant_id, mode, status, id desc);
create index refunds_of_transaction on refunds (transaction_id, id desc);

-- The arrows of src/domain/refund.ts: a test compares the two.
create function app.refund_may_become(from_status text, to_status text) returns boolean
language sql immutable
return case from_status
  when 'pending' then to_status in ('requires_action', 'succeeded', 'failed')
  when 'requires_action' then to_status in ('pending', 'succeeded', 'failed')
  when 'succeeded' then to_status in ('failed')
  when 'failed' then to_status in ('succeeded')
  else false
end;

grant execute on function app.refund_may_become(text, text) to paybridge_api, paybridge_worker;

create function app.guard_refund() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if tg_op = 'INSERT' then
    if new.status <> 'pending' or new.version <> 1 then
      perform app.refuse(409, 'refund_starts_pending');
    end if;
    return new;
  end if;
  if (new.id, new.merchant_id, new.mode, new.transaction_id, new.attempt_id, new.connection_id, new.provider, new.origin,
      new.amount, new.currency, new.created_at)
     is distinct from (old.id, old.merchant_id, old.mode, old.transaction_id, old.attempt_id, old.connection_id,
      old.provider, old.origin, old.amount, old.currency, old.created_at)
     or (old.provider_refund_id is not null and new.provider_refund_id is distinct from old.provider_refund_id) then
    perform app.refuse(409, 'refund_terms_are_fixed');
  end if;
  if new.status = old.status then
    new.version := old.version;
    return new;
  end if;
  if not app.refund_may_become(old.status, new.status) then
    perform app.refuse(409, 'refund_status_refused', old.status || ' to ' || new.status);
  end if;
  new.version := old.version + 1;
  return new;
end
$$;

create trigger refunds_guard before insert or update on refunds
  for each row execute function app.guard_refund();

-- Counts a refund on its transaction's row, which is locked by that: whoever comes second sees the sum of the first.
create function app.count_refund() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  under_way constant text[] := array['pending', 'requires_action'];
  before text := case when tg_op = 'UPDATE' then old.status end;
  opened bigint := case when new.status = any (under_way) then new.amount else 0 end
                 - case when before = any (under_way) then new.amount else 0 end;
  done bigint := case when new.status = 'succeeded' then new.amount else 0 end
               - case when before = 'succeeded' then new.amount else 0 end;
begin
  update public.transactions t
  set amount_refunding = t.amount_refunding + opened,
      amount_refunded = t.amount_refunded + done,
      refunds_check_at = case when new.status = any (under_way)
                              then least(t.refunds_check_at, app.now() + interval '1 minute') else t.refunds_check_at end,
      refund_checks = case when opened > 0 then 0 else t.refund_checks end,
      updated_at = app.now()
  where t.id = new.transaction_id;
  return null;
end
$$;

alter function app.count_refund() owner to paybridge_gate;

create trigger refunds_are_counted_when_made after insert on refunds
  for each row execute function app.count_refund();
create trigger refunds_are_counted_when_changed after update on refunds
  for each row when (old.status <> new.status) execute function app.count_refund();

create trigger refunds_are_audited after insert on refunds
  for each row execute function app.audit_change('refund');

alter table refunds enable row level security;
alter table refunds force row level security;
create policy tenant on refunds to paybridge_api
  using (merchant_id = (select app.merchant_id()) and mode = (select app.mode()))
  with check (merchant_id = (select app.merchant_id()) and mode = (select app.mode()));
create policy worker on refunds to paybridge_worker using (true) with check (true);
grant select on refunds to paybridge_api;
-- What a merchant asks for. What became of it is the provider's word.
grant insert (id, merchant_id, mode, transaction_id, attempt_id, connection_id, provider, amount, currency, reason, sent_at)
  on refunds to paybridge_api;
grant select, insert on refunds to paybridge_worker;
grant update (status, provider_refund_id, failure_code, failure_message, sent_at, updated_at, finished_at)
  on refunds to paybridge_worker;

-- The gate counts, and changes nothing else of a transaction.
create policy gate_counts on transactions for update to paybridge_gate using (true) with check (true);
grant update (amount_refunding, amount_refunded, refunds_check_at, refund_checks, updated_at) on transactions to paybridge_gate;
grant update (refunds_check_at, refund_checks) on transactions to paybridge_worker;

create function app.refund_object(r refunds) returns jsonb
language sql stable
return jsonb_build_object(
  'id', r.id, 'object', 'refund', 'mode', r.mode, 'transaction_id', r.transaction_id, 'amount', r.amount,
  'currency', r.currency, 'status', r.status, 'reason', r.reason, 'origin', r.origin, 'provider', r.provider,
  'connection_id', r.connection_id, 'provider_refund_id', r.provider_refund_id,
  'failure_code', r.failure_code, 'failure_message', r.failure_message,
  'created_at', app.iso(r.created_at), 'updated_at', app.iso(r.updated_at), 'finished_at', app.iso(r.finished_at));

grant execute on function app.refund_object(refunds) to paybridge_api, paybridge_worker, paybridge_gate;

create function app.tell_refund() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into public.events (id, merchant_id, mode, number, type, transaction_id, subject_id, version, object)
  values (app.new_id('evt'), new.merchant_id, new.mode, app.next_event_number(new.merchant_id, new.mode),
          'refund.' || case when tg_op = 'INSERT' then 'created' else new.status end,
          new.transaction_id, new.id, new.version, app.refund_object(new));
  return null;
end
$$;

alter function app.tell_refund() owner to paybridge_gate;

create trigger refunds_tell_when_made after insert on refunds
  for each row execute function app.tell_refund();
create trigger refunds_tell_when_changed after update on refunds
  for each row when (old.status <> new.status) execute function app.tell_refund();

-- Sending money back is a right of its own.
create or replace function app.scopes_of(role text) returns text[]
language sql immutable
return case
  when role in ('owner', 'admin') then array[
    'profile:read', 'profile:write', 'api_keys:read', 'api_keys:write', 'connections:read', 'connections:write',
    'transactions:read', 'transactions:write', 'refunds:write', 'webhooks:read', 'webhooks:write', 'events:read',
    'audit:read']
  when role = 'developer' then array[
    'profile:read', 'api_keys:read', 'api_keys:write', 'connections:read', 'transactions:read', 'transactions:write',
    'refunds:write', 'webhooks:read', 'webhooks:write', 'events:read']
  when role = 'finance' then array['profile:read', 'connections:read', 'transactions:read', 'transactions:write',
    'refunds:write', 'events:read', 'audit:read']
  when role = 'viewer' then array['profile:read', 'connections:read', 'transactions:read', 'webhooks:read', 'events:read']
  else array[]::text[]
end;

revoke create on schema app from paybridge_gate;
revoke inherit option for paybridge_gate from current_user;
