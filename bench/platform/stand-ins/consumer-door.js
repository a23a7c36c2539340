/** Hands the Worker a batch of queue messages, as the platform would: `POST` of `{ queue, bodies }`. */
export default {
  async fetch(request, { WORKER }) {
    const { queue, bodies } = await request.json()
    const timestamp = new Date()
    const messages = bodies.map((body, index) => ({ id: `${index}`, timestamp, body, attempts: 1 }))
    const { outcome, ackAll, explicitAcks, retryBatch, retryMessages } = await WORKER.queue(queue, messages)
    const isDone = outcome === 'ok' && !retryBatch.retry && retryMessages.length === 0
    return Response.json({ outcome, ackAll, explicitAcks, retryMessages }, { status: isDone ? 200 : 500 })
  },
}
