-- Who may act on the data. No role here bypasses row-level security: the roles that Neon's console creates do,
-- so the application's roles are created in SQL and get LOGIN and a password when a database is deployed.
--   paybridge_api     the public API, acting for one merchant in one mode
--   paybridge_worker  queue consumers, cron, provider webhooks, and what a provider's answer changes
--   paybridge_gate    owns the functions that check credentials and write events and audit entries; never logs in

set local lock_timeout = '5s';

do $$
declare
  wanted text;
begin
  -- Roles belong to the cluster, not to the database: a second database finds them made.
  foreach wanted in array array['paybridge_api', 'paybridge_worker', 'paybridge_gate'] loop
    if not exists (select from pg_roles where rolname = wanted) then
      execute format('create role %I nologin nosuperuser nocreatedb nocreaterole noinherit nobypassrls', wanted);
    end if;
    -- A role that somebody made by hand, in Neon's console say, may have come with more.
    if exists (select from pg_roles r where r.rolname = wanted and (
        r.rolsuper or r.rolbypassrls or r.rolcreaterole or r.rolcreatedb or r.rolreplication
        or exists (select from pg_auth_members m where m.member = r.oid))) then
      raise exception '% must have no attribute and no membership that lets it past row-level security', wanted;
    end if;
  end loop;
  -- Temporary objects are a way to slip one's own names under those of a function.
  execute format('revoke temporary on database %I from public', current_database());
end
$$;

-- The owner needs the membership to hand functions over to the gate. The last migration ends the inheritance, which
-- would put the gate's policies on the owner.
grant paybridge_gate to current_user with inherit true, set true;

create schema app;

revoke create on schema public from public;
grant usage on schema public, app to paybridge_api, paybridge_worker, paybridge_gate;
grant create on schema app to paybridge_gate;

-- Functions are callable by whoever a migration names, and by nobody else.
alter default privileges revoke execute on functions from public;
