/** V8's inspector in a running workerd, over the protocol of Chrome's developer tools. */
import { once } from 'node:events'
import { z } from 'zod'

const Isolates = z.array(z.object({ id: z.string(), webSocketDebuggerUrl: z.string() }))
const Reply = z.object({ id: z.number(), result: z.object({ usedSize: z.number() }) })

/** The service of `workerd.ts` that is measured. */
const SERVICE = 'worker'

/** What the heap of the Worker's isolate holds, in MB, garbage that waits to be collected included. */
export async function heapMbOf(inspectorUrl: string): Promise<number> {
  const isolates = Isolates.parse(await (await fetch(`${inspectorUrl}/json`)).json())
  const isolate = isolates.find(({ id }) => id === SERVICE)
  if (isolate === undefined) throw new Error(`nothing to inspect: ${isolates.map(({ id }) => id).join(', ')}`)
  const socket = new WebSocket(isolate.webSocketDebuggerUrl)
  try {
    await once(socket, 'open')
    const replied = once(socket, 'message')
    socket.send(JSON.stringify({ id: 1, method: 'Runtime.getHeapUsage' }))
    const [{ data }] = await replied
    return Reply.parse(JSON.parse(String(data))).result.usedSize / 1e6
  } finally {
    socket.close()
  }
}
