/** A merchant's webhook receiver: it keeps what arrives, and answers as it is told. */

export interface Received {
  url: string
  headers: Headers
  body: string
}

export function createReceiver() {
  const received: Received[] = []
  let answer: (request: Received, signal: AbortSignal) => Response | Promise<Response> = () => new Response('ok')
  const receiver = {
    received,
    /** From here on it answers so. The signal aborts when the sender gives up, at which a real connection is cut. */
    answerWith(next: typeof answer): void {
      answer = next
    },
    async fetch(request: Request): Promise<Response> {
      const arrived = { url: request.url, headers: new Headers(request.headers), body: await request.text() }
      received.push(arrived)
      const answered = await answer(arrived, request.signal)
      const location = answered.headers.get('location')
      // A sender that asks for it is led on, as by a real fetch; one step is enough to be seen.
      if (request.redirect !== 'follow' || location === null) return answered
      return receiver.fetch(new Request(location, { redirect: 'manual' }))
    },
  }
  return receiver
}
