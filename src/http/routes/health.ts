/** `/health/`: this Worker is alive. `/ready/`: the database answers it, too. */

import * as z from 'zod'
import { done, refused } from '../../domain/problem.ts'
import { isReady } from '../../operations/upkeep/check-ready.ts'
import { type App, publicEndpoint } from '../endpoint.ts'

const StatusSchema = z.object({ status: z.literal('ok') })
const OK = { status: 200, body: { status: 'ok' }, replayed: false }

export function healthRoutes(app: App): void {
  publicEndpoint(app, {
    method: 'get',
    path: '/health/',
    tag: 'Health',
    summary: 'Alive',
    answer: { status: 200, schema: StatusSchema, description: 'The Worker answers.' },
    run: async () => done(OK),
  })

  publicEndpoint(app, {
    method: 'get',
    path: '/ready/',
    tag: 'Health',
    summary: 'Ready',
    answer: { status: 200, schema: StatusSchema, description: 'The database answers, too.' },
    problems: ['not_ready'],
    run: async ({ deps }) => ((await isReady(deps)) ? done(OK) : refused('not_ready', { retryAfter: 5 })),
  })
}
