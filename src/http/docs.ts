/** The OpenAPI document, made from the schemas that validate, and the page that shows it, from this origin alone. */

import type { App } from './endpoint.ts'

const INFO = {
  title: 'PayBridge',
  version: '2026-11-24',
  description: [
    "One API through which a merchant takes payments with the merchant's own accounts at African and global providers.",
    'Amounts are integers in the minor unit of the currency. Errors are RFC 9457 problem details with a stable `code`.',
    'Any POST may carry an `Idempotency-Key`: sent again, it gives the first answer and does nothing twice.',
  ].join('\n\n'),
}

export function docsRoutes(app: App): void {
  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    description: 'An API key (`pb_test_…`, `pb_live_…`) or an access token from `/api/v1/auth/token/`.',
  })
  app.get('/api/schema/', (c) => {
    c.set('routePattern', '/api/schema/')
    return c.json(app.getOpenAPI31Document({ openapi: '3.1.0', info: INFO, servers: [{ url: '/' }] }))
  })
  app.get('/api/docs/', (c) => {
    c.set('routePattern', '/api/docs/')
    return c.html(PAGE, 200, { 'content-security-policy': POLICY })
  })
}

/** The page runs scripts and loads styles of this origin only; it works without any other network. */
const POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>PayBridge API</title>
    <link rel="stylesheet" href="/docs-assets/swagger-ui.css">
  </head>
  <body>
    <div id="docs"></div>
    <script src="/docs-assets/swagger-ui-bundle.js"></script>
    <script src="/docs-assets/start.js"></script>
  </body>
</html>
`
