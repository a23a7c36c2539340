/** A network between clients and a server that cuts connections off, each after so many bytes of the server's. */
import { once } from 'node:events'
import { createConnection, createServer, type Socket } from 'node:net'

export interface CuttingProxy extends AsyncDisposable {
  /** The server's address, by way of this network. */
  url: string
  /** How many connections were cut off so far. */
  cuts(): number
  /** From here on every connection lives. */
  heal(): void
}

/** @param bytesUntilCut asked for each connection; Infinity lets it live */
export async function startCuttingProxy(serverUrl: string, bytesUntilCut: () => number): Promise<CuttingProxy> {
  const { hostname, port } = new URL(serverUrl)
  const open = new Set<Socket>()
  let cuts = 0
  let isHealed = false
  const server = createServer((client) => {
    const upstream = createConnection(Number(port), hostname)
    let left = bytesUntilCut()
    for (const socket of [client, upstream]) {
      open.add(socket)
      // What is cut off on one side is cut off on the other: in the middle of a frame, and without a goodbye.
      socket.on('close', () => {
        open.delete(socket)
        client.destroy()
        upstream.destroy()
      })
      socket.on('error', () => {})
    }
    client.pipe(upstream)
    upstream.on('data', (chunk: Uint8Array) => {
      if (isHealed) {
        client.write(chunk)
        return
      }
      client.write(chunk.subarray(0, left))
      left -= chunk.length
      if (left > 0) return
      cuts += 1
      client.resetAndDestroy()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('a server on TCP has a port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    cuts: () => cuts,
    heal() {
      isHealed = true
    },
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
