/** One request, one effect. */
import type { Fault } from '../fault.ts'

export const IDEMPOTENCY: readonly Fault[] = [
  {
    name: 'request-hashed-without-its-body',
    why: 'Another amount under the same Idempotency-Key is answered with the first payment.',
    file: 'src/crypto/canonical-hash.ts',
    search: 'body === undefined ? [method, path] : [method, path, body]',
    replace: 'body === undefined ? [method, path] : [method, path, null]',
    tests: ['test/crypto/canonical-hash.test.ts'],
  },
  {
    name: 'order-of-fields-is-another-request',
    why: 'A client whose JSON comes in another order is refused its own repeat.',
    file: 'src/crypto/canonical-hash.ts',
    search: '.sort(([a], [b]) => (a < b ? -1 : 1))',
    replace: '',
    tests: ['test/crypto/canonical-hash.test.ts'],
  },
  {
    name: 'claim-taken-while-it-is-held',
    why: 'A second request takes the key over while the first is at work: both do the work.',
    file: 'migrations/0008_idempotency.sql',
    search: 'new.owner <> old.owner and old.locked_until >= app.now()',
    replace: 'new.owner <> old.owner and old.locked_until < old.created_at',
    tests: ['test/node/sql/idempotency.test.ts'],
  },
  {
    name: 'claim-taken-by-another-request',
    why: 'A request with another body takes over the work of one that died, and finishes what it did not ask for.',
    file: 'src/db/statements/claims.ts',
    search: '\n                    and ${claims.requestHash} = excluded.request_hash`',
    replace: '`',
    tests: ['test/operations/unclear-answers.test.ts'],
    named: 'another request with the same key',
  },
  {
    name: 'work-without-the-claim',
    why: 'A repeat that comes while the first request is at work asks the provider as well.',
    file: 'src/operations/claimed.ts',
    search: 'return row?.owner === claim.owner && row.answer === null && row.requestHash === claim.requestHash',
    replace: 'return row?.answer === null && row.requestHash === claim.requestHash',
    tests: ['test/operations/unclear-answers.test.ts'],
    named: 'waits while the first may be at work',
  },
]
