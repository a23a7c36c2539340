/**
 * The environment, parsed once by one schema; nothing else reads it. A setting that is missing or malformed stops the
 * first request with a message that names it, and production refuses what only the local platform may say.
 */

import * as z from 'zod'
import { type KeyRing, parseKeyRing } from './crypto/key-ring.ts'
import type { Announcement } from './domain/stream.ts'

/** The streams of one merchant in one mode, as the rest of the Worker calls them (platform/event-stream.ts). */
export interface EventStreamObject extends Rpc.DurableObjectBranded {
  announce(news: Announcement): void
  waitForEvents(after: number, ms: number): Promise<void>
}

/** The bindings and settings as wrangler.toml and the secrets give them. */
export interface Env {
  EVENT_STREAMS: DurableObjectNamespace<EventStreamObject>
  PROVIDER_EVENTS: Queue
  DELIVERIES: Queue
  RATE_LIMIT: RateLimit
}

const keyRing = <Use extends 'seal' | 'sign'>(use: Use) =>
  z.string().transform((text, context): KeyRing<Use> => {
    try {
      return parseKeyRing(use, text)
    } catch (error) {
      context.issues.push({
        code: 'custom',
        input: undefined,
        message: error instanceof Error ? error.message : 'malformed',
      })
      return z.NEVER
    }
  })

const postgresUrl = z.url({ protocol: /^postgres(ql)?$/ })
const webUrl = z.url({ protocol: /^https?$/ })

const SettingsSchema = z
  .object({
    ENVIRONMENT: z.enum(['local', 'production']),
    DATABASE_URL: postgresUrl,
    WORKER_DATABASE_URL: postgresUrl,
    SEALING_KEYS: keyRing('seal'),
    TOKEN_KEYS: keyRing('sign'),
    SENTRY_DSN: webUrl.optional(),
    LOCAL_DATABASE_ENDPOINT: webUrl.optional(),
    LOCAL_PROVIDERS_URL: webUrl.optional(),
  })
  .superRefine((settings, context) => {
    if (settings.ENVIRONMENT === 'local') return
    for (const [name, value] of Object.entries(settings)) {
      if (!name.startsWith('LOCAL_') || value === undefined) continue
      context.addIssue({ code: 'custom', path: [name], message: 'is for the local platform only' })
    }
  })

export type Settings = z.output<typeof SettingsSchema>

export class SettingsError extends Error {
  override readonly name = 'SettingsError'
}

/**
 * Reads the settings. An empty one counts as absent.
 * @throws SettingsError naming each setting that is wrong; never with its value
 */
export function parseSettings(env: object): Settings {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const result = SettingsSchema.safeParse(given)
  if (result.success) return result.data
  const wrong = result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
  throw new SettingsError(`The settings are not usable. ${wrong.join('; ')}. See .dev.vars.example.`)
}
