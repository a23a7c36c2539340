-- A transaction is what the merchant wants paid; an attempt is one try of it at one connection. The state machine and
-- the amounts are held here, whatever the code does: src/domain says the same rules in TypeScript, and a test compares.

set local lock_timeout = '5s';

create table transactions (
  id              text primary key check (app.is_id('txn', id)),
  merchant_id     text not null references merchants,
  mode            text not null check (mode in ('test', 'live')),
  -- The merchant's own, or made here. Once used, used for ever.
  reference       text not null check (reference ~ '^[A-Za-z0-9][A-Za-z0-9._=-]{0,99}$'),
  -- Minor units of the currency; the upper bound is the largest integer that JSON carries safely.
  amount          bigint not null check (amount between 1 and 9007199254740991),
  currency        text not null check (currency ~ '^[A-Z]{3}$'),
  status          text not null default 'pending'
                  check (status in ('pending', 'processing', 'succeeded', 'failed', 'expired', 'cancelled', 'requires_review')),
  -- Counts the status changes: event N of a transaction tells its version N.
  version         integer not null default 1 check (version >= 1),
  customer_email  text not null check (length(customer_email) between 3 and 254),
  customer_name   text check (length(customer_name) between 1 and 200),
  customer_phone  text check (customer_phone ~ '^\+[1-9][0-9]{6,14}$'),
  description     text check (length(description) <= 500),
  metadata        jsonb not null default '{}' check (jsonb_typeof(metadata) = 'object' and length(metadata::text) <= 8192),
  callback_url    text check (length(callback_url) <= 2000),
  -- Of the attempt that was made last, or that was paid.
  provider        text check (length(provider) <= 30),
  connection_id   text,
  fee             bigint check (fee between 0 and 9007199254740991),
  net_amount      bigint check (net_amount between -9007199254740991 and 9007199254740991),
  amount_refunded bigint not null default 0 constraint transactions_refunds_within_amount check (amount_refunded between 0 and amount),
  disputed        boolean not null default false,
  failure_reason  text check (length(failure_reason) <= 500),
  review_reason   text check (length(review_reason) <= 100),
  succeeded_at    timestamptz,
  expires_at      timestamptz not null,
  -- When somebody asks the provider next; null once nothing is left to ask.
  next_check_at   timestamptz,
  checks          integer not null default 0 check (checks >= 0),
  created_at      timestamptz not null default app.now(),
  updated_at      timestamptz not null default app.now(),
  constraint transactions_reference_unique unique (merchant_id, mode, reference),
  unique (merchant_id, mode, id),
  unique (merchant_id, mode, id, amount, currency),
  foreign key (merchant_id, mode, connection_id) references connections (merchant_id, mode, id),
  constraint transactions_end_after_they_begin check (expires_at > created_at),
  constraint transactions_reviewed_for_a_reason check (status <> 'requires_review' or review_reason is not null),
  constraint transactions_succeeded_at_a_time check (status <> 'succeeded' or succeeded_at is not null),
  -- Whatever is not final has somebody asking after it.
  constraint transactions_open_are_asked_after check (status not in ('pending', 'processing') or next_check_at is not null)
);

create index transactions_of_merchant on transactions (merchant_id, mode, id desc);
create index transactions_by_status on transactions (merchant_id, mode, status, id desc);
create index transactions_by_customer on transactions (merchant_id, mode, customer_email, id desc);
create index transactions_to_check on transactions (next_check_at) where next_check_at is not null;

create table attempts (
  id                      text primary key check (app.is_id('att', id)),
  merchant_id             text not null,
  mode                    text not null,
  transaction_id          text not null,
  number                  integer not null check (number between 1 and 10),
  connection_id           text not null,
  provider                text not null check (length(provider) <= 30),
  -- What the provider knows this attempt by: one per attempt, never used again.
  reference               text not null constraint attempts_reference_unique unique check (reference ~ '^pb-[0-9a-z]{26}$'),
  amount                  bigint not null,
  currency                text not null,
  status                  text not null default 'created' check (status in ('created', 'open', 'unknown', 'succeeded', 'failed')),
  checkout_url            text check (checkout_url ~ '^https?://' and length(checkout_url) <= 2000),
  provider_transaction_id text check (length(provider_transaction_id) <= 100),
  -- The amount that the provider says was asked, and what it collected: the payer may bear the fee on top.
  confirmed_amount        bigint check (confirmed_amount between 0 and 9007199254740991),
  confirmed_currency      text check (length(confirmed_currency) <= 100),
  collected_amount        bigint check (collected_amount between 0 and 9007199254740991),
  fee                     bigint check (fee between 0 and 9007199254740991),
  chosen_because          text not null check (length(chosen_because) <= 100),
  left_because            text check (length(left_because) <= 100),
  -- Our code for why it failed, and the provider's words.
  failure_code            text check (length(failure_code) <= 100),
  failure_message         text check (length(failure_message) <= 500),
  created_at              timestamptz not null default app.now(),
  updated_at              timestamptz not null default app.now(),
  unique (transaction_id, number),
  foreign key (merchant_id, mode, transaction_id, amount, currency)
    references transactions (merchant_id, mode, id, amount, currency),
  foreign key (merchant_id, mode, connection_id) references connections (merchant_id, mode, id),
  constraint attempts_open_at_a_page check (status <> 'open' or checkout_url is not null)
);

-- A customer is never handed two pages for one payment: the next attempt waits until the one before is over.
create unique index attempts_one_under_way on attempts (transaction_id) where status in ('created', 'open', 'unknown');
create index attempts_of_merchant on attempts (merchant_id, mode, id);

-- The arrows that a status may take. Staying is no change; succeeded is the end; money beats paperwork.
create function app.transaction_may_become(from_status text, to_status text) returns boolean
language sql immutable
return case from_status
  when 'pending' then to_status in ('processing', 'succeeded', 'failed', 'expired', 'cancelled', 'requires_review')
  when 'processing' then to_status in ('succeeded', 'failed', 'expired', 'cancelled', 'requires_review')
  when 'failed' then to_status in ('succeeded', 'requires_review')
  when 'expired' then to_status in ('succeeded', 'requires_review')
  when 'cancelled' then to_status in ('succeeded', 'requires_review')
  when 'requires_review' then to_status in ('succeeded', 'failed')
  else false
end;

create function app.attempt_may_become(from_status text, to_status text) returns boolean
language sql immutable
return case from_status
  when 'created' then to_status in ('open', 'unknown', 'succeeded', 'failed')
  when 'unknown' then to_status in ('open', 'succeeded', 'failed')
  when 'open' then to_status in ('succeeded', 'failed')
  when 'failed' then to_status in ('succeeded')
  else false
end;

grant execute on function app.transaction_may_become(text, text), app.attempt_may_become(text, text)
  to paybridge_api, paybridge_worker, paybridge_gate;

create function app.guard_transaction() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if tg_op = 'INSERT' then
    if new.status <> 'pending' or new.version <> 1 then
      perform app.refuse(409, 'transaction_starts_pending');
    end if;
    return new;
  end if;

  if (new.id, new.merchant_id, new.mode, new.reference, new.amount, new.currency, new.created_at)
     is distinct from (old.id, old.merchant_id, old.mode, old.reference, old.amount, old.currency, old.created_at) then
    perform app.refuse(409, 'transaction_terms_are_fixed');
  end if;
  if new.status = old.status then
    new.version := old.version;
    return new;
  end if;

  if not app.transaction_may_become(old.status, new.status) then
    perform app.refuse(409, 'transaction_status_refused', old.status || ' to ' || new.status);
  end if;
  -- A merchant may call a payment off; everything else is the provider's word.
  if current_user = 'paybridge_api' and new.status <> 'cancelled' then
    perform app.refuse(403, 'transaction_status_not_yours');
  end if;
  -- Paid means that an attempt was confirmed with the amount and the currency that were asked.
  if new.status = 'succeeded' and not exists (
       select from public.attempts a
       where a.transaction_id = new.id and a.status = 'succeeded'
         and a.confirmed_amount = new.amount and a.confirmed_currency = new.currency) then
    perform app.refuse(409, 'transaction_not_paid');
  end if;
  new.version := old.version + 1;
  return new;
end
$$;

create trigger transactions_guard before insert or update on transactions
  for each row execute function app.guard_transaction();
create trigger transactions_are_audited_when_made after insert on transactions
  for each row execute function app.audit_change('transaction');
create trigger transactions_are_audited_when_changed after update on transactions
  for each row when (old.status <> new.status) execute function app.audit_change('transaction');

create function app.guard_attempt() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if tg_op = 'INSERT' then
    if new.status <> 'created' then
      perform app.refuse(409, 'attempt_starts_created');
    end if;
    return new;
  end if;
  if (new.id, new.merchant_id, new.mode, new.transaction_id, new.number, new.connection_id, new.provider, new.reference,
      new.amount, new.currency)
     is distinct from (old.id, old.merchant_id, old.mode, old.transaction_id, old.number, old.connection_id, old.provider,
      old.reference, old.amount, old.currency) then
    perform app.refuse(409, 'attempt_terms_are_fixed');
  end if;
  if new.status <> old.status and not app.attempt_may_become(old.status, new.status) then
    perform app.refuse(409, 'attempt_status_refused', old.status || ' to ' || new.status);
  end if;
  -- A transaction stands on what its attempt was confirmed with.
  if old.status = 'succeeded' and (new.confirmed_amount, new.confirmed_currency)
     is distinct from (old.confirmed_amount, old.confirmed_currency) then
    perform app.refuse(409, 'attempt_confirmation_is_fixed');
  end if;
  return new;
end
$$;

create trigger attempts_guard before insert or update on attempts
  for each row execute function app.guard_attempt();

alter table transactions enable row level security;
alter table transactions force row level security;
create policy tenant on transactions to paybridge_api
  using (merchant_id = (select app.merchant_id()) and mode = (select app.mode()))
  with check (merchant_id = (select app.merchant_id()) and mode = (select app.mode()));
create policy worker on transactions to paybridge_worker using (true) with check (true);
create policy gate on transactions for select to paybridge_gate using (true);
grant select on transactions to paybridge_api;
-- What a merchant asks for. What became of it is the provider's word.
grant insert (id, merchant_id, mode, reference, amount, currency, customer_email, customer_name, customer_phone,
              description, metadata, callback_url, provider, connection_id, expires_at, next_check_at)
  on transactions to paybridge_api;
grant update (status, updated_at) on transactions to paybridge_api;
grant select, update on transactions to paybridge_worker;
grant select on transactions to paybridge_gate;

alter table attempts enable row level security;
alter table attempts force row level security;
create policy tenant on attempts to paybridge_api
  using (merchant_id = (select app.merchant_id()) and mode = (select app.mode()))
  with check (merchant_id = (select app.merchant_id()) and mode = (select app.mode()));
create policy worker on attempts to paybridge_worker using (true) with check (true);
create policy gate on attempts for select to paybridge_gate using (true);
grant select on attempts to paybridge_api;
grant insert (id, merchant_id, mode, transaction_id, number, connection_id, provider, reference, amount, currency,
              chosen_because) on attempts to paybridge_api;
grant select, insert, update on attempts to paybridge_worker;
grant select on attempts to paybridge_gate;

-- The transaction as everybody sees it: in answers, in lists, and in events as it was at that moment.
create function app.transaction_object(t transactions) returns jsonb
language sql stable
return jsonb_build_object(
  'id', t.id, 'object', 'transaction', 'mode', t.mode, 'reference', t.reference,
  'amount', t.amount, 'currency', t.currency, 'status', t.status,
  'provider', t.provider, 'connection_id', t.connection_id,
  'checkout_url', (select a.checkout_url from public.attempts a
                   where a.transaction_id = t.id and a.status = 'open' and t.status in ('pending', 'processing')),
  'customer', jsonb_build_object('email', t.customer_email, 'name', t.customer_name, 'phone', t.customer_phone),
  'description', t.description, 'metadata', t.metadata, 'callback_url', t.callback_url,
  'fee', t.fee, 'net_amount', t.net_amount, 'amount_refunded', t.amount_refunded, 'disputed', t.disputed,
  'failure_reason', t.failure_reason, 'review_reason', t.review_reason,
  'expires_at', app.iso(t.expires_at), 'succeeded_at', app.iso(t.succeeded_at),
  'created_at', app.iso(t.created_at), 'updated_at', app.iso(t.updated_at));

create function app.attempt_object(a attempts) returns jsonb
language sql stable
return jsonb_build_object(
  'id', a.id, 'object', 'attempt', 'number', a.number, 'connection_id', a.connection_id, 'provider', a.provider,
  'provider_reference', a.reference, 'provider_transaction_id', a.provider_transaction_id, 'status', a.status,
  'chosen_because', a.chosen_because, 'left_because', a.left_because,
  'confirmed_amount', a.confirmed_amount, 'confirmed_currency', a.confirmed_currency,
  'collected_amount', a.collected_amount, 'fee', a.fee,
  'failure_code', a.failure_code, 'failure_message', a.failure_message,
  'created_at', app.iso(a.created_at), 'updated_at', app.iso(a.updated_at));

grant execute on function app.transaction_object(transactions) to paybridge_api, paybridge_worker, paybridge_gate;
grant execute on function app.attempt_object(attempts) to paybridge_api;
