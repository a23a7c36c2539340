/**
 * Tells an error to Sentry: what broke and where, redacted, and nothing of the request. Only the envelope of Sentry's own
 * core is used: its Workers client would add 50 KB to the bundle, and instruments requests whose headers are secret.
 */

import {
  createEventEnvelope,
  createStackParser,
  type DsnComponents,
  type Event,
  exceptionFromError,
  getEnvelopeEndpointWithUrlEncodedAuth,
  makeDsn,
  serializeEnvelope,
} from '@sentry/core'
import { nodeStackLineParser } from '@sentry/core/server'
import { redact } from './log.ts'

const parseStack = createStackParser(nodeStackLineParser())

/** What reports are sent with. */
export interface ReportWorld {
  fetch(request: Request): Promise<Response>
  /** Keeps the invocation alive until the report is out. */
  defer(work: Promise<unknown>): void
  environment: string
}

/** Reports errors to this DSN, after the answer. A report that fails is not worth another error. */
export function createErrorReport(dsn: string, world: ReportWorld): (error: unknown) => void {
  const parsed = makeDsn(dsn)
  if (parsed === undefined) throw new TypeError('the Sentry DSN has no key or no project')
  return (error) => world.defer(send(parsed, world, error).catch(() => {}))
}

async function send(dsn: DsnComponents, world: ReportWorld, error: unknown): Promise<void> {
  const event: Event = {
    platform: 'javascript',
    level: 'error',
    environment: world.environment,
    exception: { values: [exceptionFromError(parseStack, error instanceof Error ? error : new Error('not an Error'))] },
  }
  const envelope = serializeEnvelope(createEventEnvelope(event, dsn))
  const body = typeof envelope === 'string' ? redact(envelope) : envelope
  await world.fetch(new Request(getEnvelopeEndpointWithUrlEncodedAuth(dsn), { method: 'POST', body }))
}
