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
  /** What was sent since it was last asked, round trip by round trip. */
  take(): RoundTrip[]
}

export interface RoundTrip {
  statements: SentStatement[]
  /** By how much the meter moved. True where no other round trip was under way. */
  metered: number
}

/**
 * @param bridgeUrl where the requests go on to
 * @param meter read before and after each of them
 */
export async function startRecorder(bridgeUrl: string, meter = async () => 0): Promise<Recorder> {
  let sent: RoundTrip[] = []
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString('utf8')
    const { queries: statements } = Body.parse(JSON.parse(body))
    const before = await meter()
    const headers = Object.entries(request.headers).flatMap(([name, value]): [string, string][] =>
      name.startsWith('neon-') && typeof value === 'string' ? [[name, value]] : [],
    )
    const answer = await fetch(bridgeUrl, { method: 'POST', headers, body })
    const text = await answer.text()
    sent.push({ statements, metered: (await meter()) - before })
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(text)
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
