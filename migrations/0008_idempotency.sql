-- Idempotency: each POST claims its key inside its own batch. What the claim's owner did not write is refused or
-- replayed, so a second use of a key can't do anything twice, however the code is written.

set local lock_timeout = '5s';

create table idempotency_claims (
  merchant_id  text not null references merchants,
  mode         text not null check (mode in ('test', 'live')),
  key          text not null check (length(key) between 1 and 255),
  -- SHA-256 over method, path and canonical body: the same key with another request is refused.
  request_hash text not null check (request_hash ~ '^[0-9a-f]{64}$'),
  -- The id of the thing that the first request made or changed.
  resource_id  text not null check (length(resource_id) <= 100),
  -- The request that works on the answer: the first, or one that took over after a crash.
  owner        text not null check (length(owner) <= 100),
  locked_until timestamptz not null,
  status_code  integer check (status_code between 200 and 599),
  answer       jsonb check (length(answer::text) <= 65536),
  -- What is shown once (a key, a secret), sealed: replayed with the answer.
  sealed_extra text check (length(sealed_extra) <= 8192),
  created_at   timestamptz not null default app.now(),
  primary key (merchant_id, mode, key),
  check ((answer is null) = (status_code is null))
);

create index idempotency_claims_by_age on idempotency_claims (created_at);

-- A remembered answer stays, a claim doesn't move to another key, request or resource, and it is taken over only when
-- its lock has run out.
create function app.guard_idempotency_claim() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if old.answer is not null
     or (new.merchant_id, new.mode, new.key, new.request_hash, new.resource_id, new.created_at)
        is distinct from (old.merchant_id, old.mode, old.key, old.request_hash, old.resource_id, old.created_at) then
    perform app.refuse(500, 'idempotency_claim_is_settled');
  end if;
  if new.owner <> old.owner and old.locked_until >= app.now() then
    perform app.refuse(500, 'idempotency_claim_is_held');
  end if;
  return new;
end
$$;

create trigger idempotency_claims_guard before update on idempotency_claims
  for each row execute function app.guard_idempotency_claim();

alter table idempotency_claims enable row level security;
alter table idempotency_claims force row level security;
create policy tenant on idempotency_claims to paybridge_api
  using (merchant_id = (select app.merchant_id()) and mode = (select app.mode()))
  with check (merchant_id = (select app.merchant_id()) and mode = (select app.mode()));
create policy worker on idempotency_claims to paybridge_worker using (true) with check (true);
grant select, insert, update (owner, locked_until, status_code, answer) on idempotency_claims to paybridge_api;
grant select, update (owner, locked_until, status_code, answer) on idempotency_claims to paybridge_worker;
