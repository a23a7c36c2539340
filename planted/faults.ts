/** The list: each fault is planted alone, and has to be caught by a test that it names. */
import type { Fault } from './fault.ts'
import { DELIVERIES } from './faults/deliveries.ts'
import { IDEMPOTENCY } from './faults/idempotency.ts'
import { IDENTITY } from './faults/identity.ts'
import { MONEY } from './faults/money.ts'
import { RECONCILIATION } from './faults/reconciliation.ts'
import { REFUNDS } from './faults/refunds.ts'
import { ROUTING } from './faults/routing.ts'
import { SECRETS } from './faults/secrets.ts'
import { STATES } from './faults/states.ts'
import { STREAM } from './faults/stream.ts'
import { TENANTS } from './faults/tenants.ts'
import { VERDICTS } from './faults/verdicts.ts'
import { WEBHOOKS_IN } from './faults/webhooks-in.ts'

export const FAULTS: readonly Fault[] = [
  ...MONEY,
  ...VERDICTS,
  ...STATES,
  ...WEBHOOKS_IN,
  ...REFUNDS,
  ...IDEMPOTENCY,
  ...DELIVERIES,
  ...IDENTITY,
  ...TENANTS,
  ...ROUTING,
  ...RECONCILIATION,
  ...STREAM,
  ...SECRETS,
]
