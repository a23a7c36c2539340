/** `/api/v1/routing-rules/`: which connection takes which payment. The list is read, and replaced, as a whole. */

import * as z from 'zod'
import type { JsonObject } from '../../domain/json.ts'
import { LIMITS } from '../../domain/limits.ts'
import { PAYMENT_METHODS } from '../../domain/payment-method.ts'
import { done, type Outcome } from '../../domain/problem.ts'
import { listRules, replaceRules } from '../../operations/account/routing.ts'
import type { Answer } from '../../operations/claimed.ts'
import { type App, endpoint } from '../endpoint.ts'
import {
  AmountSchema,
  CountrySchema,
  CurrencySchema,
  IdSchema,
  ListSchema,
  ModeSchema,
  TimeSchema,
} from '../schemas.ts'

const TAG = 'Routing'
const PATH = '/api/v1/routing-rules/'

const STRATEGIES = ['priority', 'weight'] as const

export const RoutingRuleSchema = z
  .object({
    id: IdSchema('rul'),
    object: z.literal('routing_rule'),
    mode: ModeSchema,
    position: z.int().min(1),
    name: z.string(),
    currencies: z.array(z.string()).meta({ description: 'Empty: any; so with the next ones' }),
    amount_min: AmountSchema.nullable(),
    amount_max: AmountSchema.nullable(),
    countries: z.array(z.string()),
    methods: z.array(z.enum(PAYMENT_METHODS)),
    strategy: z.enum(STRATEGIES),
    connections: z.array(z.object({ connection_id: IdSchema('con'), weight: z.int() })),
    created_at: TimeSchema,
  })
  .meta({ id: 'RoutingRule' })

const TargetSchema = z.strictObject({ connection_id: IdSchema('con'), weight: z.int().min(1).max(1000).default(1) })

const RuleSchema = z
  .strictObject({
    name: z.string().trim().min(1).max(60),
    currencies: z.array(CurrencySchema).max(200).default([]),
    amount_min: AmountSchema.nullable().default(null),
    amount_max: AmountSchema.nullable().default(null),
    countries: z.array(CountrySchema).max(250).default([]),
    methods: z.array(z.enum(PAYMENT_METHODS)).max(PAYMENT_METHODS.length).default([]),
    strategy: z.enum(STRATEGIES).default('priority'),
    connections: z.array(TargetSchema).min(1).max(LIMITS.routingTargetsMax),
  })
  .refine(
    ({ amount_min, amount_max, currencies }) => (amount_min === null && amount_max === null) || currencies.length === 1,
    { path: ['currencies'], message: 'must be exactly one where there are amounts: they are in its minor units' },
  )
  .refine(({ amount_min, amount_max }) => amount_min === null || amount_max === null || amount_min <= amount_max, {
    path: ['amount_max'],
    message: 'is below amount_min',
  })
  .refine(({ connections }) => new Set(connections.map((target) => target.connection_id)).size === connections.length, {
    path: ['connections'],
    message: 'names a connection twice',
  })

const ReplaceRulesSchema = z.strictObject({ rules: z.array(RuleSchema).max(LIMITS.routingRulesMax) }).meta({
  id: 'ReplaceRoutingRules',
  example: {
    rules: [
      {
        name: 'Naira by card',
        currencies: ['NGN'],
        strategy: 'weight',
        connections: [
          { connection_id: 'con_01kav3q2m8x4c5d6e7f8g9h0jk', weight: 3 },
          { connection_id: 'con_01kav3q2m8x4c5d6e7f8g9h0jm', weight: 1 },
        ],
      },
    ],
  },
})

export function routingRoutes(app: App): void {
  endpoint(app, {
    method: 'get',
    path: PATH,
    scope: 'connections:read',
    tag: TAG,
    summary: 'List the routing rules',
    answer: { status: 200, schema: ListSchema(RoutingRuleSchema), description: 'In the order in which they are read.' },
    run: async ({ deps, requester }) => answerOf(await listRules(deps, requester)),
  })

  endpoint(app, {
    method: 'put',
    path: PATH,
    scope: 'connections:write',
    tag: TAG,
    summary: 'Replace the routing rules',
    description:
      'The first rule that fits a payment and has a connection that can take it decides. Where none fits, the first ' +
      'active connection that can take the payment does. An empty list removes all rules.',
    body: ReplaceRulesSchema,
    answer: { status: 200, schema: ListSchema(RoutingRuleSchema), description: 'The rules from here on.' },
    problems: ['connection_not_found', 'try_again'],
    async run({ deps, requester, body }) {
      const rules = body.rules.map(({ amount_min, amount_max, connections, ...rule }) => ({
        ...rule,
        amountMin: amount_min === null ? null : BigInt(amount_min),
        amountMax: amount_max === null ? null : BigInt(amount_max),
        targets: connections.map(({ connection_id, weight }) => ({ connectionId: connection_id, weight })),
      }))
      return answerOf(await replaceRules(deps, requester, rules))
    },
  })
}

function answerOf(rules: Outcome<JsonObject[]>): Outcome<Answer> {
  if (!rules.ok) return rules
  return done({ status: 200, body: { object: 'list', data: rules.value, next_cursor: null }, replayed: false })
}
