/**
 * The clock of the Cron Triggers. `wrangler dev` reads `[triggers]` and never fires them: it only offers an address that
 * does.
 */
import { setTimeout as sleep } from 'node:timers/promises'

const MINUTE_MS = 60_000

/** Runs the Worker's `scheduled` at the start of each minute, until the answer is disposed of. */
export function startCron(apiUrl: string, onError: (error: unknown) => void): AsyncDisposable {
  const ended = new AbortController()
  const loop = fireEachMinute(apiUrl, onError, ended.signal)
  return {
    async [Symbol.asyncDispose]() {
      ended.abort()
      await loop
    },
  }
}

async function fireEachMinute(apiUrl: string, onError: (error: unknown) => void, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await sleep(MINUTE_MS - (Date.now() % MINUTE_MS), undefined, { signal })
      const response = await fetch(`${apiUrl}/cdn-cgi/local/scheduled?cron=*+*+*+*+*`, { signal })
      if (!response.ok) throw new Error(`The cron was answered ${response.status}: ${await response.text()}`)
    } catch (error) {
      if (!signal.aborted) onError(error)
    }
  }
}
