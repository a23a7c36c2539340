/** A ticket to the stream of events that several sockets present at once. */
import { beforeAll, expect, test } from 'vitest'
import { newId } from '../../../src/domain/ids.ts'
import { redeemStreamTicket } from '../../../src/operations/events/tickets.ts'
import type { Merchant } from '../../support/world.ts'
import { openCourse, race } from './race.ts'

const SOCKETS = 4

const course = await openCourse('stream_tickets')
const { world, owner } = course
let merchant: Merchant
beforeAll(async () => {
  merchant = await world.newMerchant()
})

test('a ticket that is presented several times at once lets one socket in', async () => {
  await race(course, {
    async prepare() {
      const made = await merchant.api.post('/api/v1/events/stream-ticket/', {})
      expect(made.status).toBe(201)
      return String(made.body.ticket)
    },
    contestants: (ticket) =>
      Array.from({ length: SOCKETS }, () => () => {
        const requestId = newId('req', world.clock.now().getTime(), world.random)
        return redeemStreamTicket(world.deps, { ipAddress: '203.0.113.10', requestId }, ticket)
      }),
    line: 'stream_tickets',
    async judge(outcomes) {
      expect(outcomes.map((outcome) => (outcome.ok ? 'in' : outcome.problem.code)).sort()).toEqual([
        'in',
        ...Array(SOCKETS - 1).fill('stream_ticket_invalid'),
      ])
      expect(await owner.value('select count(*)::int from stream_tickets where used_at is null')).toBe(0)
    },
  })
})
