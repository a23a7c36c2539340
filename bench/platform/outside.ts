/**
 * Everything outside of the Worker but Postgres: bridges before it, and the provider. In a thread of its own, so that who
 * makes the load and measures does not wait for who answers it.
 */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { OutsideAnswer, OutsideOptions, OutsideQuestion } from './outside-thread.ts'
import type { Traced } from './trace.ts'

export interface Outside extends AsyncDisposable {
  /** The driver's endpoint, with so many milliseconds added to each round trip. */
  databaseEndpoint(latencyMs: number): Promise<string>
  /** Where the providers are, who take so many milliseconds to answer; the merchants' servers are there as well. */
  providersUrl(latencyMs: number): Promise<string>
  /** What was asked of the outside while this was worked at. */
  watch(work: () => Promise<unknown>): Promise<Traced[]>
}

export async function startOutside(options: OutsideOptions): Promise<Outside> {
  const thread = new Worker(new URL('outside-thread.ts', import.meta.url), { workerData: options })
  let last = Promise.resolve<unknown>(undefined)
  async function ask<Kind extends OutsideAnswer['kind']>(question: OutsideQuestion & { kind: Kind }) {
    const asked = last.then(async () => {
      thread.postMessage(question)
      const [answer]: OutsideAnswer[] = await once(thread, 'message')
      return answer
    })
    last = asked
    const answer = await asked
    if (answer?.kind !== question.kind) throw new Error('the thread answers in turn')
    return answer as OutsideAnswer & { kind: Kind }
  }
  return {
    databaseEndpoint: async (latencyMs) => (await ask({ kind: 'bridge', latencyMs })).url,
    providersUrl: async (latencyMs) => (await ask({ kind: 'provider', latencyMs })).url,
    async watch(work) {
      await ask({ kind: 'watch' })
      await work()
      return (await ask({ kind: 'trace' })).trace
    },
    async [Symbol.asyncDispose]() {
      await ask({ kind: 'end' })
      await thread.terminate()
    },
  }
}
