/** A door in front of the bridge that lets every request through and keeps what the driver sent. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { z } from 'zod'

const Statement = z.object({ query: z.string(), params: z.array(z.unknown()) })
const Body = z.union([z.object({ queries: z.array(Statement) }), Statement.transform((one) => ({ queries: [one] }))])

export type SentStatement = z.infer<typeof Statement>

export interface Recorder extends AsyncDisposable {
  /** Where the driver sends its requests instead of to the bridge. */
  url: string
  /** What was sent since it was last asked: a list of statements for each round trip. */
  take(): SentStatement[][]
}

/** @param bridgeUrl where the requests go on to */
export async function startRecorder(bridgeUrl: string): Promise<Recorder> {
  let sent: SentStatement[][] = []
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString('utf8')
    sent.push(Body.parse(JSON.parse(body)).queries)
    const headers = Object.entries(request.headers).flatMap(([name, value]): [string, string][] =>
      name.startsWith('neon-') && typeof value === 'string' ? [[name, value]] : [],
    )
    const answer = await fetch(bridgeUrl, { method: 'POST', headers, body })
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text())
  })
  server.keepAliveTimeout = 0
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('a server on TCP has a port')
  return {
    url: `http://127.0.0.1:${address.port}/sql`,
    take() {
      const taken = sent
      sent = []
      return taken
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
