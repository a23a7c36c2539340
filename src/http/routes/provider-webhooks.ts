/**
 * `/api/v1/webhooks/{provider}/`: where providers post. The answer is for the provider: 200 once the post is stored, a
 * problem where it proves nothing. What it says is applied afterwards.
 */

import * as z from 'zod'
import { isId } from '../../domain/ids.ts'
import { type Outcome, type ProblemCode, refused } from '../../domain/problem.ts'
import { countRefusedPost } from '../../operations/provider-events/count-refusal.ts'
import { type Received, receive } from '../../operations/provider-events/receive.ts'
import type { Provider } from '../../providers/contract.ts'
import { PROVIDERS } from '../../providers/registry.ts'
import { readBytes } from '../body.ts'
import type { AppContext } from '../context.ts'
import { type App, COMMON_PROBLEMS, problemResponses } from '../endpoint.ts'
import { problemResponse } from '../problem.ts'
import { IdSchema } from '../schemas.ts'

const REFUSALS = [
  'signature_missing',
  'signature_wrong',
  'webhook_malformed',
  'webhook_unattributable',
  'content_type_unsupported',
  'body_too_large',
] as const satisfies ProblemCode[]

export function providerWebhookRoutes(app: App): void {
  for (const provider of Object.values(PROVIDERS)) {
    const shared = `/api/v1/webhooks/${provider.name}/`
    for (const path of [shared, `${shared}{connection_id}/`]) {
      document(app, provider, path)
      app.post(path.replace('{connection_id}', ':connection_id'), (c) => takeIn(c, provider, path))
    }
  }
}

async function takeIn(c: AppContext, provider: Provider, path: string): Promise<Response> {
  c.set('routePattern', path)
  const deps = c.get('deps')
  const defer = c.get('defer')
  const outcome = await receivePost(c, provider)
  if (!outcome.ok) {
    defer(countRefusedPost(deps, provider.name, outcome.problem.code))
    return problemResponse(c, outcome.problem)
  }
  const { providerEventId } = outcome.value
  if (providerEventId !== undefined) defer(deps.nudge([{ kind: 'apply', providerEventId }]))
  return c.json({ received: true }, 200)
}

async function receivePost(c: AppContext, provider: Provider): Promise<Outcome<Received>> {
  const connectionId = c.req.param('connection_id')
  if (connectionId !== undefined && !isId('con', connectionId)) return refused('webhook_unattributable')
  const type = c.req.header('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/json') return refused('content_type_unsupported')
  const body = await readBytes(c.req.raw)
  if (!body.ok) return body
  return receive(c.get('deps'), provider, { connectionId, body: body.value, headers: c.req.raw.headers })
}

function document(app: App, provider: Provider, path: string): void {
  const describe = () => ({
    tags: ['Provider webhooks'],
    summary: `Webhooks from ${provider.name}`,
    description:
      'For the provider, not for merchants: give this URL to the provider, best with the connection id in it.',
    security: [],
    request: {
      ...(path.includes('{') ? { params: z.object({ connection_id: IdSchema('con') }) } : {}),
      body: { required: true, content: { 'application/json': { schema: z.record(z.string(), z.unknown()) } } },
    },
    responses: {
      200: {
        description: 'Stored, to be applied.',
        content: { 'application/json': { schema: z.object({ received: z.literal(true) }) } },
      },
      ...problemResponses([...COMMON_PROBLEMS, ...REFUSALS]),
    },
  })
  app.described.push({ method: 'post', path, describe })
}
