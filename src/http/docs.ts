/** The OpenAPI document, made from the schemas that validate, and the page that shows it, from this origin alone. */

import { html, raw } from 'hono/html'
import { PROBLEMS } from '../domain/problem.ts'
import { PAGE_STYLE } from './docs-style.ts'
import { webhooksPage } from './docs-webhooks.ts'
import type { App } from './endpoint.ts'
import { documentWebhooks } from './routes/event-types.ts'

const INFO = {
  title: 'PayBridge',
  version: '2026-11-24',
  description: [
    "One API through which a merchant takes payments with the merchant's own accounts at African and global providers.",
    'Amounts are integers in the minor unit of the currency. Errors are RFC 9457 problem details with a stable `code`.',
    'Any POST may carry an `Idempotency-Key`: sent again, it gives the first answer and does nothing twice.',
  ].join('\n\n'),
}

const BEARER = {
  type: 'http',
  scheme: 'bearer',
  description:
    'An API key (`pb_test_…`, `pb_live_…`) or an access token from `/api/v1/auth/token/`. What an operation needs of a ' +
    "key's scopes, or of a person's role, stands beside it.",
} as const

export function docsRoutes(app: App): void {
  let schema: Promise<object> | undefined
  app.get('/api/schema/', async (c) => {
    c.set('routePattern', '/api/schema/')
    schema ??= makeSchema(app)
    return c.json(await schema)
  })
  app.get('/api/docs/', (c) => {
    c.set('routePattern', '/api/docs/')
    return c.html(page(), 200, { 'content-security-policy': POLICY })
  })
  app.get('/api/docs/webhooks/', (c) => {
    c.set('routePattern', '/api/docs/webhooks/')
    return c.html(webhooksPage(), 200, { 'content-security-policy': POLICY })
  })
}

/** Made when it is first asked for: a cold start doesn't wait for it. */
async function makeSchema(app: App): Promise<object> {
  const { OpenAPIRegistry, OpenApiGeneratorV31 } = await import('@asteasolutions/zod-to-openapi')
  const registry = new OpenAPIRegistry()
  registry.registerComponent('securitySchemes', 'bearer', BEARER)
  for (const { method, path, describe } of app.described) registry.registerPath({ method, path, ...describe() })
  documentWebhooks(registry)
  const generator = new OpenApiGeneratorV31(registry.definitions)
  return generator.generateDocument({ openapi: '3.1.0', info: INFO, servers: [{ url: '/' }] })
}

/** The page runs scripts and loads styles of this origin only; it works without any other network. */
const POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"

/** Below the operations, each problem code: where a problem's `type` leads. */
const problemRows = () =>
  Object.entries(PROBLEMS).map(
    ([code, { status, title }]) =>
      html`<tr id="problem-${code}"><th scope="row"><code>${code}</code></th><td>${status}</td><td>${title}</td></tr>
`,
  )

const page = () => html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>PayBridge API</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/docs-assets/swagger-ui.css">
    <style>${raw(PAGE_STYLE)}</style>
  </head>
  <body>
    <div id="docs"></div>
    <main>
      <h2>Webhooks</h2>
      <p><a href="/api/docs/webhooks/">Receiving webhooks</a>: how to verify them, in five ways, and when they come again.</p>
      <h2>Problems</h2>
      <p>Every error is one of these. Its <code>code</code> is stable: decide by it, not by the title.</p>
      <table>
        <thead><tr><th scope="col">Code</th><th scope="col">Status</th><th scope="col">What it means</th></tr></thead>
        <tbody>
${problemRows()}        </tbody>
      </table>
    </main>
    <script src="/docs-assets/swagger-ui-bundle.js"></script>
    <script src="/docs-assets/start.js"></script>
  </body>
</html>
`
