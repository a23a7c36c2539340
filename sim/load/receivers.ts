/** The merchants' endpoints: they keep what arrives. One that is dead takes nothing. */

/** Where posts to merchants go. */
export interface Receivers {
  receive(request: Request): Promise<Response>
}

export interface Arrival {
  url: string
  eventId: string
  body: string
}

export interface KeepingReceivers extends Receivers {
  readonly arrived: readonly Arrival[]
  setDown(url: string, isDown: boolean): void
}

export function createReceivers(): KeepingReceivers {
  const arrived: Arrival[] = []
  const down = new Set<string>()
  return {
    arrived,
    setDown: (url, isDown) => void (isDown ? down.add(url) : down.delete(url)),
    async receive(request) {
      if (down.has(request.url)) throw new TypeError('the connection was refused')
      arrived.push({
        url: request.url,
        eventId: request.headers.get('webhook-id') ?? '',
        body: await request.text(),
      })
      return new Response('ok')
    },
  }
}
