-- Which connection takes a payment: the merchant's rules in order, and the health of each connection.

set local lock_timeout = '5s';

-- The trigger function of the audit log is the gate's.
grant paybridge_gate to current_user with inherit true, set true;

create table routing_rules (
  id          text primary key check (app.is_id('rul', id)),
  merchant_id text not null references merchants,
  mode        text not null check (mode in ('test', 'live')),
  -- Rules are read in ascending order; the first that fits decides.
  position    integer not null check (position between 1 and 100),
  name        text not null check (length(name) between 1 and 60),
  -- Empty, or null, means any.
  currencies  text[] not null default '{}' check (cardinality(currencies) <= 200 and length(currencies::text) <= 1000),
  amount_min  bigint check (amount_min between 0 and 9007199254740991),
  amount_max  bigint check (amount_max between 0 and 9007199254740991),
  countries   text[] not null default '{}' check (cardinality(countries) <= 250 and length(countries::text) <= 1000),
  methods     text[] not null default '{}' check (cardinality(methods) <= 20 and length(methods::text) <= 1000),
  strategy    text not null check (strategy in ('priority', 'weight')),
  -- Rules are replaced as a whole; those that were keep their place in the audit log.
  retired_at  timestamptz,
  created_at  timestamptz not null default app.now(),
  unique (merchant_id, mode, id),
  check (amount_min <= amount_max),
  -- Minor units mean nothing without their currency.
  constraint routing_rules_amounts_of_a_currency
    check ((amount_min is null and amount_max is null) or cardinality(currencies) = 1)
);

create unique index routing_rules_positions on routing_rules (merchant_id, mode, position) where retired_at is null;

create table routing_rule_targets (
  rule_id       text not null,
  merchant_id   text not null,
  mode          text not null,
  place         integer not null check (place between 1 and 50),
  connection_id text not null,
  weight        integer not null default 1 check (weight between 1 and 1000),
  primary key (merchant_id, mode, rule_id, place),
  constraint routing_rule_targets_once unique (merchant_id, mode, rule_id, connection_id),
  foreign key (merchant_id, mode, rule_id) references routing_rules (merchant_id, mode, id),
  foreign key (merchant_id, mode, connection_id) references connections (merchant_id, mode, id)
);

create trigger routing_rules_are_audited after insert or update on routing_rules
  for each row execute function app.audit_change('routing_rule');

-- A circuit breaker for each connection. No row: it never failed. Shut while `open_until` lies ahead; past it one payment
-- at a time tries whether the provider is back.
create table connection_health (
  connection_id   text primary key,
  merchant_id     text not null,
  mode            text not null,
  -- In a row, without a success between.
  failures        integer not null default 0 check (failures >= 0),
  open_until      timestamptz,
  probe_until     timestamptz,
  last_failure    text check (length(last_failure) <= 100),
  last_failure_at timestamptz,
  updated_at      timestamptz not null default app.now(),
  foreign key (merchant_id, mode, connection_id) references connections (merchant_id, mode, id)
);

-- Why an attempt is made where it is: a failover, the rule by its name, and what was passed by.
alter table attempts
  drop constraint attempts_chosen_because_check,
  add constraint attempts_chosen_because_check check (length(chosen_because) <= 150);

alter table routing_rules enable row level security;
alter table routing_rules force row level security;
create policy tenant on routing_rules to paybridge_api
  using (merchant_id = (select app.merchant_id()) and mode = (select app.mode()))
  with check (merchant_id = (select app.merchant_id()) and mode = (select app.mode()));
create policy worker on routing_rules for select to paybridge_worker using (true);
grant select, insert, update (retired_at) on routing_rules to paybridge_api;
grant select on routing_rules to paybridge_worker;

alter table routing_rule_targets enable row level security;
alter table routing_rule_targets force row level security;
create policy tenant on routing_rule_targets to paybridge_api
  using (merchant_id = (select app.merchant_id()) and mode = (select app.mode()))
  with check (merchant_id = (select app.merchant_id()) and mode = (select app.mode()));
create policy worker on routing_rule_targets for select to paybridge_worker using (true);
grant select, insert on routing_rule_targets to paybridge_api;
grant select on routing_rule_targets to paybridge_worker;

alter table connection_health enable row level security;
alter table connection_health force row level security;
create policy tenant on connection_health to paybridge_api
  using (merchant_id = (select app.merchant_id()) and mode = (select app.mode()))
  with check (merchant_id = (select app.merchant_id()) and mode = (select app.mode()));
create policy worker on connection_health to paybridge_worker using (true) with check (true);
grant select, update (probe_until) on connection_health to paybridge_api;
grant select, insert, update on connection_health to paybridge_worker;

create function app.circuit(open_until timestamptz, probe_until timestamptz) returns text
language sql stable
return case
  when open_until is null then 'closed'
  when open_until > app.now() then 'open'
  -- Somebody is trying at this moment: that one is enough.
  when probe_until > app.now() then 'probing'
  else 'half_open'
end;

grant execute on function app.circuit(timestamptz, timestamptz) to paybridge_api, paybridge_worker;

-- The connections that may take a payment, the best first. The first rule that fits and has a usable connection decides
-- among its own; where none does, every active connection may, by priority. Those whose circuit is not closed come last:
-- to try them is better than to take no payment.
-- capable: the providers that take the amount. except_connections: those that were tried. draw: chance, from 0 to 1.
create function app.route(of_merchant text, in_mode text, of_amount bigint, of_currency text, of_country text,
                          of_method text, capable text[], except_connections text[], draw double precision)
returns table (connection_id text, provider text, reason text)
language sql stable
begin atomic
  with rule as (
    select r.id, r.name, r.strategy
    from public.routing_rules r
    where r.merchant_id = of_merchant and r.mode = in_mode and r.retired_at is null
      and (cardinality(r.currencies) = 0 or of_currency = any (r.currencies))
      and of_amount >= coalesce(r.amount_min, of_amount) and of_amount <= coalesce(r.amount_max, of_amount)
      and (cardinality(r.countries) = 0 or coalesce(of_country = any (r.countries), false))
      and (cardinality(r.methods) = 0 or coalesce(of_method = any (r.methods), false))
      and exists (select from public.routing_rule_targets t join public.connections c on c.id = t.connection_id
                  where t.rule_id = r.id and c.status = 'active' and c.provider = any (capable))
    order by r.position limit 1),
  usable as (
    select c.id, c.provider, c.priority, r.name as rule_name, r.strategy, t.place,
           -- Efraimidis and Spirakis: the larger the weight, the smaller this is likely to be. Each connection has a
           -- chance of its own, made from the one that is passed in.
           -ln((('x' || substr(md5(draw::text || c.id), 1, 8))::bit(32)::bigint + 0.5) / 4294967296.0) / t.weight as turn,
           coalesce(app.circuit(h.open_until, h.probe_until), 'closed') as circuit
    from public.connections c
    left join rule r on true
    left join public.routing_rule_targets t on t.rule_id = r.id and t.connection_id = c.id
    left join public.connection_health h on h.connection_id = c.id
    where c.merchant_id = of_merchant and c.mode = in_mode and c.status = 'active' and c.provider = any (capable)
      and (r.id is null or t.rule_id is not null)
      and c.id <> all (except_connections)),
  ranked as (
    select u.*, u.circuit in ('open', 'probing') as is_shut,
           row_number() over (order by case when u.strategy = 'weight' then u.turn end, u.place, u.priority, u.id) as rank
    from usable u)
  select r.id, r.provider,
         case
           when r.is_shut then 'circuit_open_and_no_other'
           else case when r.rule_name is null then 'first_active_connection'
                     else 'rule_by_' || r.strategy || ': ' || r.rule_name end
             || case when exists (select from ranked better where better.is_shut and better.rank < r.rank)
                     then ', past_open_circuit' else '' end
         end
  from ranked r
  order by r.is_shut, r.rank;
end;

grant execute on function app.route(text, text, bigint, text, text, text, text[], text[], double precision)
  to paybridge_api, paybridge_worker;

create function app.routing_rule_object(r routing_rules) returns jsonb
language sql stable
return jsonb_build_object(
  'id', r.id, 'object', 'routing_rule', 'mode', r.mode, 'position', r.position, 'name', r.name,
  'currencies', to_jsonb(r.currencies), 'amount_min', r.amount_min, 'amount_max', r.amount_max,
  'countries', to_jsonb(r.countries), 'methods', to_jsonb(r.methods), 'strategy', r.strategy,
  'connections', (select coalesce(jsonb_agg(jsonb_build_object('connection_id', t.connection_id, 'weight', t.weight)
                                            order by t.place), '[]')
                  from public.routing_rule_targets t where t.rule_id = r.id),
  'created_at', app.iso(r.created_at));

grant execute on function app.routing_rule_object(routing_rules) to paybridge_api;

create or replace function app.connection_object(c connections) returns jsonb
language sql stable
return jsonb_build_object(
  'id', c.id, 'object', 'connection', 'mode', c.mode, 'provider', c.provider, 'name', c.name, 'status', c.status,
  'priority', c.priority, 'secret_key', c.credentials_mask,
  'previous_credentials_until', case when c.previous_valid_until > app.now() then app.iso(c.previous_valid_until) end,
  'webhook_path', '/api/v1/webhooks/' || c.provider || '/' || c.id || '/',
  'checked_at', app.iso(c.checked_at), 'check_result', c.check_result,
  'health', coalesce(
    (select jsonb_build_object('circuit', app.circuit(h.open_until, h.probe_until), 'failures', h.failures,
                               'last_failure', h.last_failure, 'last_failure_at', app.iso(h.last_failure_at))
     from public.connection_health h where h.connection_id = c.id),
    jsonb_build_object('circuit', 'closed', 'failures', 0, 'last_failure', null, 'last_failure_at', null)),
  'created_at', app.iso(c.created_at), 'updated_at', app.iso(c.updated_at));

revoke inherit option for paybridge_gate from current_user;
