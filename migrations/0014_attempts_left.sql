-- An attempt that was left for another connection, or whose page was lost, may still be paid: it is asked after by itself.
-- A second charge of one payment is marked, and told.

set local lock_timeout = '5s';

grant create on schema app to paybridge_gate;
grant paybridge_gate to current_user with inherit true, set true;

alter table transactions
  -- What routing decides by, besides amount and currency; both as the merchant says.
  add column country text check (country ~ '^[A-Z]{2}$'),
  add column method text check (method ~ '^[a-z_]{1,30}$'),
  -- The only provider that the merchant wants for it; null for any.
  add column only_provider text check (length(only_provider) <= 30),
  -- When the provider was last asked on somebody's demand, and when it last gave a clear answer.
  add column asked_at timestamptz,
  add column confirmed_at timestamptz;

alter table attempts
  -- The provider's own name of the page, where it has one.
  add column checkout_id text check (length(checkout_id) <= 300),
  -- Of an attempt that was left: when it is asked after, and how often it was.
  add column next_check_at timestamptz,
  add column checks integer not null default 0 check (checks >= 0),
  -- Paid although the transaction was paid already: the customer was charged twice.
  add column is_duplicate boolean not null default false,
  add constraint attempts_of_transaction unique (merchant_id, mode, transaction_id, id),
  add constraint attempts_duplicate_was_paid check (not is_duplicate or status = 'succeeded');

create index attempts_to_check on attempts (next_check_at) where next_check_at is not null;
create index attempts_by_provider_transaction on attempts (connection_id, provider_transaction_id)
  where provider_transaction_id is not null;
-- Of two attempts that were rightly paid, the second is marked as a charge too many.
create unique index attempts_one_rightly_paid on attempts (transaction_id)
  where status = 'succeeded' and not is_duplicate and confirmed_amount = amount and confirmed_currency = currency;

-- What the worker may write of a transaction, column by column: sums of refunds are counted by triggers alone.
revoke update on transactions from paybridge_worker;
grant update (status, provider, connection_id, fee, net_amount, disputed, failure_reason, review_reason, succeeded_at,
              next_check_at, checks, asked_at, confirmed_at, updated_at) on transactions to paybridge_worker;
grant insert (country, method, only_provider) on transactions to paybridge_api;
grant update (asked_at) on transactions to paybridge_api;

create or replace function app.transaction_object(t transactions) returns jsonb
language sql stable
return jsonb_build_object(
  'id', t.id, 'object', 'transaction', 'mode', t.mode, 'reference', t.reference,
  'amount', t.amount, 'currency', t.currency, 'status', t.status,
  'provider', t.provider, 'connection_id', t.connection_id,
  'checkout_url', (select a.checkout_url from public.attempts a
                   where a.transaction_id = t.id and a.status = 'open' and t.status in ('pending', 'processing')),
  'customer', jsonb_build_object('email', t.customer_email, 'name', t.customer_name, 'phone', t.customer_phone),
  'country', t.country, 'method', t.method,
  'description', t.description, 'metadata', t.metadata, 'callback_url', t.callback_url,
  'fee', t.fee, 'net_amount', t.net_amount, 'amount_refunded', t.amount_refunded, 'disputed', t.disputed,
  'failure_reason', t.failure_reason, 'review_reason', t.review_reason,
  'expires_at', app.iso(t.expires_at), 'succeeded_at', app.iso(t.succeeded_at),
  'created_at', app.iso(t.created_at), 'updated_at', app.iso(t.updated_at));

create or replace function app.attempt_object(a attempts) returns jsonb
language sql stable
return jsonb_build_object(
  'id', a.id, 'object', 'attempt', 'number', a.number, 'connection_id', a.connection_id, 'provider', a.provider,
  'provider_reference', a.reference, 'provider_transaction_id', a.provider_transaction_id, 'status', a.status,
  'chosen_because', a.chosen_because, 'left_because', a.left_because, 'is_duplicate', a.is_duplicate,
  'confirmed_amount', a.confirmed_amount, 'confirmed_currency', a.confirmed_currency,
  'collected_amount', a.collected_amount, 'fee', a.fee,
  'failure_code', a.failure_code, 'failure_message', a.failure_message,
  'created_at', app.iso(a.created_at), 'updated_at', app.iso(a.updated_at));

grant execute on function app.attempt_object(attempts) to paybridge_gate;

-- Events about more than transactions: a refund, a charge too many, a drift.
alter table events
  -- What it is about, where that is not the transaction itself.
  add column subject_id text check (length(subject_id) <= 100),
  alter column transaction_id drop not null,
  drop constraint events_one_per_change,
  add constraint events_are_about_something check (transaction_id is not null or subject_id is not null);

-- One event per change.
create unique index events_one_per_change on events (merchant_id, mode, coalesce(subject_id, transaction_id), version);
create index events_of_transaction on events (transaction_id, number) where transaction_id is not null;

alter table deliveries alter column transaction_id drop not null;

create function app.tell_duplicate() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into public.events (id, merchant_id, mode, number, type, transaction_id, subject_id, version, object)
  select app.new_id('evt'), new.merchant_id, new.mode, app.next_event_number(new.merchant_id, new.mode),
         'payment.duplicate_charge', new.transaction_id, new.id, 1,
         app.transaction_object(t) || jsonb_build_object('duplicate_attempt', app.attempt_object(new))
  from public.transactions t where t.id = new.transaction_id;
  return null;
end
$$;

alter function app.tell_duplicate() owner to paybridge_gate;

create trigger attempts_tell_duplicates after update on attempts
  for each row when (new.is_duplicate and not old.is_duplicate) execute function app.tell_duplicate();

-- A charge too many was made: that is not taken back either.
create function app.guard_duplicate() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  perform app.refuse(409, 'attempt_duplicate_is_fixed');
  return new;
end
$$;

create trigger attempts_duplicates_are_kept before update on attempts
  for each row when (old.is_duplicate and not new.is_duplicate) execute function app.guard_duplicate();

revoke create on schema app from paybridge_gate;
revoke inherit option for paybridge_gate from current_user;
