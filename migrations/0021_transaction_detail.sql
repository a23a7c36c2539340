-- What a read of one transaction answers: the transaction with its attempts and its history, which is the list of its
-- events. A function of PL/pgSQL, for the plan of its statement is kept with the connection: to plan it for each read took
-- three times as long as to run it. It runs with its caller's rights, under its caller's policies.

set local lock_timeout = '5s';

create function app.transaction_detail(wanted text) returns setof jsonb
language plpgsql stable rows 1
set search_path = pg_catalog, pg_temp
as $$
begin
  return query
    select app.transaction_object(t) || jsonb_build_object(
      'attempts', (select coalesce(jsonb_agg(app.attempt_object(a) order by a.number), '[]')
                   from public.attempts a where a.transaction_id = t.id),
      'history', (select coalesce(jsonb_agg(jsonb_build_object(
                    'status', e.object ->> 'status', 'event_id', e.id, 'number', e.number, 'at', app.iso(e.created_at))
                    order by e.number), '[]')
                  from public.events e where e.transaction_id = t.id and e.subject_id is null))
    from public.transactions t where t.id = wanted;
end
$$;
grant execute on function app.transaction_detail(text) to paybridge_api;
