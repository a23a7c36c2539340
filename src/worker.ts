/** Where the platform comes in: requests, queue messages, the cron. It builds what operations need, and decides nothing. */

import { newId } from './domain/ids.ts'
import { type Env, SettingsError } from './env.ts'
import { createApp } from './http/app.ts'
import { sweep } from './operations/upkeep/sweep.ts'
import { systemClock, systemRandom } from './platform/clock.ts'
import { begin, settingsOf } from './platform/deps.ts'
import { consume } from './platform/queues.ts'
import { openStream, refuseStream } from './platform/streams.ts'

export { EventStream } from './platform/event-stream.ts'

const app = createApp((c) => {
  const { deps, roundTrips, merchantId } = begin(c.env, c.executionCtx)
  return {
    deps,
    roundTrips,
    merchantId,
    requestId: newId('req', systemClock.now().getTime(), systemRandom),
    ipAddress: c.req.header('cf-connecting-ip'),
    withinLimit: async (key) => (await c.env.RATE_LIMIT.limit({ key })).success,
    openStream: (subscriber, after) => openStream(c.env.EVENT_STREAMS, subscriber, after),
    refuseStream,
    defer: (work) => c.executionCtx.waitUntil(work),
    routePattern: undefined,
  }
})

export default {
  fetch(request, env, context) {
    try {
      settingsOf(env)
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error
      console.error(error.message)
      return new Response(`${error.message}\n`, { status: 500 })
    }
    return app.fetch(request, env, context)
  },

  async queue(batch, env, context) {
    await consume(begin(env, context).deps, batch)
  },

  async scheduled(_event, env, context) {
    await sweep(begin(env, context).deps)
  },
} satisfies ExportedHandler<Env>
