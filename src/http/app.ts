/** The app: what every request passes through, then the routes. Fixed words stand before `{id}` where both fit. */

import { accessLog } from './access-log.ts'
import { allowedMethods } from './allowed-methods.ts'
import type { AppContext, Variables } from './context.ts'
import { docsRoutes } from './docs.ts'
import { App, RATE_LIMIT_PERIOD_SECONDS } from './endpoint.ts'
import { problemResponse } from './problem.ts'
import { apiKeyRoutes } from './routes/api-keys.ts'
import { auditLogRoutes } from './routes/audit-logs.ts'
import { authRoutes } from './routes/auth.ts'
import { deliveryRoutes } from './routes/deliveries.ts'
import { eventStreamRoutes } from './routes/event-stream.ts'
import { eventTypeRoutes } from './routes/event-types.ts'
import { eventRoutes } from './routes/events.ts'
import { healthRoutes } from './routes/health.ts'
import { paymentProviderRoutes } from './routes/payment-providers.ts'
import { profileRoutes } from './routes/profile.ts'
import { providerWebhookRoutes } from './routes/provider-webhooks.ts'
import { reconciliationRoutes } from './routes/reconciliation.ts'
import { refundRoutes } from './routes/refunds.ts'
import { routingRoutes } from './routes/routing.ts'
import { transactionRoutes } from './routes/transactions.ts'
import { webhookRoutes } from './routes/webhooks.ts'

/** @param begin makes a request ready: its dependencies, its id, its address */
export function createApp(begin: (c: AppContext) => Variables): App {
  const app = new App({ getPath: pathWithSlash })
  app.use(async (c, next) => {
    for (const [name, value] of Object.entries(begin(c))) c.set(name as keyof Variables, value)
    await next()
    c.header('x-request-id', c.get('requestId'))
  })
  app.use(accessLog)
  app.use(async (c, next) => {
    // Before anything is read: a flood from one address costs no query.
    const within = await c.get('withinLimit')(`address:${c.get('ipAddress') ?? 'unknown'}`)
    if (within) return next()
    return problemResponse(c, { code: 'rate_limited', retryAfter: RATE_LIMIT_PERIOD_SECONDS })
  })
  for (const mount of ROUTES) mount(app)
  const methodsOf = allowedMethods(app)
  app.notFound((c) => {
    const methods = methodsOf(c.req.path)
    if (methods.length === 0) return problemResponse(c, { code: 'not_found' })
    const response = problemResponse(c, { code: 'method_not_allowed' })
    response.headers.set('allow', methods.join(', '))
    return response
  })
  app.onError((error, c) => {
    c.get('deps').log.error('request_failed', error, { request_id: c.get('requestId') })
    return problemResponse(c, { code: 'internal_error' })
  })
  return app
}

const ROUTES: readonly ((app: App) => void)[] = [
  authRoutes,
  profileRoutes,
  apiKeyRoutes,
  paymentProviderRoutes,
  auditLogRoutes,
  transactionRoutes,
  refundRoutes,
  routingRoutes,
  reconciliationRoutes,
  providerWebhookRoutes,
  deliveryRoutes,
  eventTypeRoutes,
  webhookRoutes,
  eventStreamRoutes,
  eventRoutes,
  healthRoutes,
  docsRoutes,
]

/** Paths work with and without the trailing slash: they are declared with it, as in the original. */
function pathWithSlash({ url }: Request): string {
  // The platform has parsed the URL already, and spelled it out: to do it again for each request costs more than to route it.
  const [, pathname = '/'] = /^[a-z]+:\/\/[^/?#]*([^?#]*)/.exec(url) ?? []
  return pathname.endsWith('/') ? pathname : `${pathname}/`
}
