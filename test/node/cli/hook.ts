/** A developer's own server: keeps what it was posted, and answers as it is told. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'

export interface Posted {
  headers: Record<string, string>
  /** Exactly as it came. */
  body: string
}

export interface Hook extends AsyncDisposable {
  url: string
  posted: Posted[]
  /** Ids of the events that were posted, in order. */
  ids(): string[]
  /** From now on; `hang` never answers. */
  answerWith(answer: number | 'hang'): void
  /** Resolves once so many were posted. */
  had(count: number): Promise<void>
}

export async function startHook(): Promise<Hook> {
  const posted: Posted[] = []
  const watchers: { count: number; resolve: () => void }[] = []
  let answer: number | 'hang' = 204
  const server = createServer(async (request, response) => {
    const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)])
    posted.push({ headers: Object.fromEntries(headers), body: await text(request) })
    if (answer !== 'hang') response.writeHead(answer, { location: 'http://127.0.0.1:1/' }).end()
    for (const { count, resolve } of watchers) if (posted.length >= count) resolve()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('A server on TCP has a port')
  return {
    url: `http://127.0.0.1:${address.port}/hook`,
    posted,
    ids: () => posted.map(({ headers }) => headers['webhook-id'] ?? ''),
    answerWith(wanted) {
      answer = wanted
    },
    had: (count) =>
      new Promise((resolve) => {
        if (posted.length >= count) resolve()
        else watchers.push({ count, resolve })
      }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}
