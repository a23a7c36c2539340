/** Statements about which connection takes a payment: the merchant's rules, and each connection's health. */

import { and, asc, eq, isNull, type SQL, sql } from 'drizzle-orm'
import { LIMITS } from '../../domain/limits.ts'
import type { Db } from '../client.ts'
import { connectionHealth, routingRules, routingRuleTargets } from '../schema/routing.ts'
import { refuseWhere } from './claims.ts'
import { insertWhere, textArray } from './insert-where.ts'
import { jsonObject } from './page.ts'

/** What routing decides by. */
export interface Route {
  /** Minor units. */
  amount: bigint
  currency: string
  country: string | null
  method: string | null
  /** Providers whose terms take this payment. */
  capable: readonly string[]
  /** From 0 up to 1: what rules by weight are drawn by. */
  draw: number
}

/** Connections that may take the payment, the best first: rows of (connection_id, provider, reason). */
export function routeOf(merchant: { id: SQL | string; mode: SQL | string }, route: Route, except: SQL): SQL {
  return sql`app.route(${merchant.id}, ${merchant.mode}, ${route.amount}::bigint, ${route.currency}, ${route.country},
    ${route.method}, ${textArray(route.capable)}, ${except}, ${route.draw}::double precision)`
}

/**
 * Whoever routes at the same moment waits here for the others, and sees in the batch's next statement who tries a circuit
 * that is half open. @param own a connection whose health the batch writes too: locked along, always in the same order
 */
export function queueForProbe(db: Db, merchant: { id: SQL | string; mode: SQL | string }, own?: string) {
  return db
    .select({ id: connectionHealth.connectionId })
    .from(connectionHealth)
    .where(
      sql`merchant_id = ${merchant.id} and mode = ${merchant.mode}
          and (app.circuit(open_until, probe_until) = 'half_open' or connection_id = ${own ?? null})`,
    )
    .orderBy(connectionHealth.connectionId)
    .for('update')
}

/** Lets this payment alone try whether a provider is back; others pass by it meanwhile. */
export function takeProbe(db: Db, attemptId: string) {
  return db
    .update(connectionHealth)
    .set({ probeUntil: sql`app.now() + make_interval(secs => ${LIMITS.circuitProbeSeconds})` })
    .where(
      sql`${connectionHealth.connectionId} = (select a.connection_id from attempts a where a.id = ${attemptId})
          and app.circuit(open_until, probe_until) = 'half_open'`,
    )
}

/** The connection works: its circuit closes. */
export function recordHealthy(db: Db, connectionId: string) {
  return db
    .update(connectionHealth)
    .set({ failures: 0, openUntil: null, probeUntil: null, updatedAt: sql`app.now()` })
    .where(and(eq(connectionHealth.connectionId, connectionId), sql`failures > 0`))
}

/** One more failure: after some in a row the circuit opens, the longer the more there were. */
export function recordFailing(db: Db, connectionId: string, cause: string) {
  const failures = sql`connection_health.failures + 1`
  const seconds = sql`least(${LIMITS.circuitOpenSecondsMax}::integer,
    ${LIMITS.circuitOpenSeconds}::integer * power(2, least(connection_health.failures + 1 - ${LIMITS.circuitFailures}, 10)))`
  return insertWhere(
    db,
    connectionHealth,
    {
      connectionId,
      merchantId: sql`c.merchant_id`,
      mode: sql`c.mode`,
      failures: 1,
      lastFailure: cause,
      lastFailureAt: sql`app.now()`,
      updatedAt: sql`app.now()`,
    },
    sql`c.id = ${connectionId}
        on conflict (connection_id) do update set
          failures = ${failures}, last_failure = excluded.last_failure, last_failure_at = excluded.last_failure_at,
          updated_at = excluded.updated_at, probe_until = null,
          open_until = case when ${failures} >= ${LIMITS.circuitFailures}
                            then app.now() + make_interval(secs => ${seconds}) else connection_health.open_until end`,
    sql`connections c`,
  )
}

/** A rule as its merchant writes it; its place in the list is its position. */
export interface NewRoutingRule {
  id: string
  name: string
  currencies: readonly string[]
  amountMin: bigint | null
  amountMax: bigint | null
  countries: readonly string[]
  methods: readonly string[]
  strategy: 'priority' | 'weight'
  targets: readonly { connectionId: string; weight: number }[]
}

export function listRoutingRules(db: Db) {
  return db
    .select({ id: routingRules.id, object: jsonObject(sql`app.routing_rule_object(${routingRules})`) })
    .from(routingRules)
    .where(isNull(routingRules.retiredAt))
    .orderBy(asc(routingRules.position))
}

/** All rules in order: these take the place of those that were. Refuses the batch where a connection is not there. */
export function replaceRoutingRules(db: Db, rules: readonly NewRoutingRule[]) {
  const named = textArray(rules.flatMap((rule) => rule.targets.map((target) => target.connectionId)))
  const tenant = { merchantId: sql`app.merchant_id()`, mode: sql`app.mode()` }
  return [
    refuseWhere(
      db,
      sql`exists (select from unnest(${named}) as named (id)
                  where not exists (select from connections c where c.id = named.id))`,
      404,
      'connection_not_found',
    ),
    db.update(routingRules).set({ retiredAt: sql`app.now()` }).where(isNull(routingRules.retiredAt)),
    ...rules.flatMap(({ targets, ...rule }, index) => [
      db.insert(routingRules).values({
        ...tenant,
        ...rule,
        currencies: [...rule.currencies],
        countries: [...rule.countries],
        methods: [...rule.methods],
        position: index + 1,
      }),
      db
        .insert(routingRuleTargets)
        .values(targets.map((target, place) => ({ ...tenant, ...target, ruleId: rule.id, place: place + 1 }))),
    ]),
  ] as const
}
