/** Which connection takes a payment, and what becomes of those that were left. */
import type { Fault } from '../fault.ts'

export const ROUTING: readonly Fault[] = [
  {
    name: 'disabled-connection-takes-payments',
    why: 'Payments go on through an account that its merchant has switched off.',
    file: 'migrations/0015_routing.sql',
    search: "where c.merchant_id = of_merchant and c.mode = in_mode and c.status = 'active' and c.provider",
    replace: 'where c.merchant_id = of_merchant and c.mode = in_mode and c.provider',
    tests: ['test/node/sql/routing.test.ts'],
  },
  {
    name: 'failover-to-where-it-failed',
    why: 'A payment is tried again at the connection that has just refused it.',
    file: 'migrations/0015_routing.sql',
    search: '\n      and c.id <> all (except_connections)),',
    replace: '),',
    tests: ['test/node/sql/routing.test.ts'],
  },
  {
    name: 'refused-payment-opens-the-circuit',
    why: 'A merchant who sends bad requests shuts down a connection that works.',
    file: 'src/operations/payments/open-checkout.ts',
    search: "return answer.reason === 'rate_limited' || answer.reason === 'credentials_refused'",
    replace: 'return answer.reason !== undefined',
    tests: ['test/operations/circuit-breaker.test.ts'],
    named: 'a refusal of the very payment',
  },
  {
    name: 'left-attempt-forgotten',
    why: 'A page that was ordered without an answer is paid, and nobody ever asks after it.',
    file: 'src/operations/payments/open-checkout.ts',
    search: 'return { because: answer.cause, message: undefined, nextCheckAt: soon }',
    replace: 'return { because: answer.cause, message: undefined, nextCheckAt: undefined }',
    tests: ['test/operations/failover.test.ts'],
    named: 'an attempt that was left',
  },
  {
    name: 'second-charge-not-marked',
    why: 'A customer who was charged twice is told as paid once.',
    file: 'src/db/statements/outcomes.ts',
    search: 'isDuplicate: paidByAnother(attemptId),',
    replace: 'isDuplicate: sql`(false and ${paidByAnother(attemptId)})`,',
    tests: ['test/operations/failover.test.ts'],
    named: 'a payment that was paid twice',
  },
]
