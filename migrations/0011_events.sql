-- What happened, told to the merchant. A trigger writes exactly one event per status change, in the change's own
-- transaction: no code path can change a status silently, or tell what did not happen.

set local lock_timeout = '5s';

-- Numbers without gaps per merchant and mode: the counter's row is locked until the change commits, so a reader who
-- has seen number N has seen everything before it, and a rollback gives the number back.
create table event_counters (
  merchant_id text not null references merchants,
  mode        text not null check (mode in ('test', 'live')),
  last_number bigint not null,
  primary key (merchant_id, mode)
);

create table events (
  id             text not null unique check (app.is_id('evt', id)),
  merchant_id    text not null references merchants,
  mode           text not null check (mode in ('test', 'live')),
  number         bigint not null check (number >= 1),
  type           text not null check (type ~ '^[a-z_]+\.[a-z_]+$'),
  api_version    text not null default '2026-11-24' check (length(api_version) <= 20),
  transaction_id text not null,
  version        integer not null,
  object         jsonb not null check (length(object::text) <= 65536),
  created_at     timestamptz not null default app.now(),
  primary key (merchant_id, mode, number),
  unique (merchant_id, mode, id),
  -- One event per change.
  constraint events_one_per_change unique (transaction_id, version),
  foreign key (merchant_id, mode, transaction_id) references transactions (merchant_id, mode, id)
);

create index events_by_type on events (merchant_id, mode, type, number);

-- An event comes from the trigger of a change, and not even the role that owns that trigger can make one up.
create function app.refuse_made_up() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if pg_trigger_depth() < 2 then
    raise exception using errcode = 'PB500', message = 'event_without_change';
  end if;
  return new;
end
$$;

create trigger events_come_from_changes before insert on events
  for each row execute function app.refuse_made_up();
create trigger events_are_immutable before update or delete on events
  for each row execute function app.refuse_change();
create trigger events_are_kept before truncate on events
  for each statement execute function app.refuse_change();

alter table event_counters enable row level security;
alter table event_counters force row level security;
create policy gate on event_counters to paybridge_gate using (true) with check (true);
grant select, insert, update on event_counters to paybridge_gate;

alter table events enable row level security;
alter table events force row level security;
create policy tenant on events for select to paybridge_api
  using (merchant_id = (select app.merchant_id()) and mode = (select app.mode()));
create policy worker on events for select to paybridge_worker using (true);
create policy gate on events for insert to paybridge_gate with check (true);
grant select on events to paybridge_api, paybridge_worker;
grant insert on events to paybridge_gate;

create function app.event_object(e events) returns jsonb
language sql stable
return jsonb_build_object(
  'id', e.id, 'object', 'event', 'number', e.number, 'type', e.type, 'mode', e.mode, 'api_version', e.api_version,
  'created_at', app.iso(e.created_at), 'data', e.object);

grant execute on function app.event_object(events) to paybridge_api, paybridge_worker;

create function app.next_event_number(of_merchant text, in_mode text) returns bigint
language sql volatile
begin atomic
  insert into public.event_counters as c (merchant_id, mode, last_number) values (of_merchant, in_mode, 1)
  on conflict (merchant_id, mode) do update set last_number = c.last_number + 1
  returning last_number;
end;

grant execute on function app.next_event_number(text, text) to paybridge_gate;

create function app.tell_transaction() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into public.events (id, merchant_id, mode, number, type, transaction_id, version, object)
  values (app.new_id('evt'), new.merchant_id, new.mode, app.next_event_number(new.merchant_id, new.mode),
          'payment.' || case new.status when 'pending' then 'created' else new.status end,
          new.id, new.version, app.transaction_object(new));
  return null;
end
$$;

alter function app.tell_transaction() owner to paybridge_gate;

create trigger transactions_tell_when_made after insert on transactions
  for each row execute function app.tell_transaction();
create trigger transactions_tell_when_changed after update on transactions
  for each row when (old.status <> new.status) execute function app.tell_transaction();
