/** A merchant's webhook receiver: it keeps what arrives, and answers as it is told. */

export interface Received {
  url: string
  headers: Headers
  body: string
}

export function createReceiver() {
  const received: Received[] = []
  let answer: (request: Received) => Response | Promise<Response> = () => new Response('ok')
  return {
    received,
    /** From here on it answers so. */
    answerWith(next: typeof answer): void {
      answer = next
    },
    async fetch(request: Request): Promise<Response> {
      const arrived = { url: request.url, headers: new Headers(request.headers), body: await request.text() }
      received.push(arrived)
      return answer(arrived)
    },
  }
}
