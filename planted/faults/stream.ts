/** Events as they are read: the list, the live stream, its tickets. */
import type { Fault } from '../fault.ts'

export const STREAM: readonly Fault[] = [
  {
    name: 'reader-shown-twice',
    why: 'Two pages that overlap show an event twice on one socket.',
    file: 'src/operations/events/reader.ts',
    search: 'if (event.number > this.#state.cursor) this.#show(event, now)',
    replace: 'if (event.number >= this.#state.cursor) this.#show(event, now)',
    tests: ['test/operations/stream-readers.test.ts'],
  },
  {
    name: 'stream-outlives-its-key',
    why: 'A payer’s page goes on showing a payment after the key that let it was revoked.',
    file: 'migrations/0019_streams.sql',
    search: "    when k.revoked_at is not null then 'api_key_revoked'\n",
    replace: '',
    tests: ['test/node/sql/stream-tickets.test.ts'],
  },
  {
    name: 'ticket-used-twice',
    why: 'A ticket that was read over somebody’s shoulder opens a second stream.',
    file: 'migrations/0019_streams.sql',
    search: 'where t.hash = presented_hash and t.used_at is null and t.expires_at > at',
    replace: 'where t.hash = presented_hash and t.expires_at > at',
    tests: ['test/node/sql/stream-tickets.test.ts'],
  },
  {
    name: 'payer-sees-the-whole-payment',
    why: 'The public stream of a payer’s page shows the merchant’s fee, metadata and the customer’s e-mail.',
    file: 'migrations/0019_streams.sql',
    search: `  'data', jsonb_build_object(
    'id', e.object -> 'id', 'object', e.object -> 'object', 'status', e.object -> 'status',
    'amount', e.object -> 'amount', 'currency', e.object -> 'currency'));`,
    replace: "  'data', e.object);",
    tests: ['test/node/sql/stream-tickets.test.ts'],
  },
  {
    name: 'full-page-skips-the-rest',
    why: 'A reader is told to go on after the last event there is, though a page holds fewer.',
    file: 'src/operations/webhooks/events.ts',
    search: 'rows.length < range.limit ? Math.max(range.after, last.number, shown) : shown',
    replace: 'Math.max(range.after, last.number, shown)',
    tests: ['test/http/events.test.ts'],
    named: 'resumes after the number',
  },
]
