/** One line for each request: what was asked, how it went, what it cost. Never a header, a query or a body. */

import type { MiddlewareHandler } from 'hono'
import type { AppEnv } from './context.ts'

export const accessLog: MiddlewareHandler<AppEnv> = async (c, next) => {
  const { clock, log } = c.get('deps')
  const startedAt = clock.now().getTime()
  await next()
  log.info('request', {
    method: c.req.method,
    route: c.get('routePattern') ?? 'unmatched',
    status: c.res.status,
    duration_ms: clock.now().getTime() - startedAt,
    round_trips: c.get('roundTrips')(),
    request_id: c.get('requestId'),
    merchant: c.get('merchantId')() ?? null,
  })
}
