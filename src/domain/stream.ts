/** The words of the live stream: why it ends, what a client says in it, what it is told beside events. */

/**
 * Why a socket is closed. 4000 and above are ours; the others are of RFC 6455 and its registry. After any of them a
 * client goes on after the last number that it was told.
 */
export const STREAM_ENDS = {
  /** The client said what it may not. */
  malformed: 1008,
  /** The server begins anew. */
  restart: 1012,
  /** There are too many streams. */
  tooMany: 1013,
  /** The ticket is unknown, used or expired, or is used from where its key may not be. */
  ticketRefused: 4001,
  /** The key, the session or the ticket no longer holds. */
  accessEnded: 4003,
  /** The client did not acknowledge what it was sent. */
  slow: 4008,
} as const

export type StreamEnd = keyof typeof STREAM_ENDS

/** News that something was told, for whoever waits for it. Losing one costs time, nothing else. */
export interface Announcement {
  /** Of the last event; undefined where it is not known. */
  number: number | undefined
  /** The payment that it is about; undefined where there may be several. */
  transactionId: string | undefined
}

/** Tells a client that it has been shown everything up to this number, whether anything was shown or not. */
export function cursorMessage(number: number): string {
  return JSON.stringify({ object: 'cursor', number })
}

/** The number that a client acknowledges, with `{"ack":7}`; undefined where the text says anything else. */
export function parseAcknowledgement(text: string): number | undefined {
  const match = /^\s*\{\s*"ack"\s*:\s*(\d{1,16})\s*\}\s*$/.exec(text)
  const number = Number(match?.[1])
  return Number.isSafeInteger(number) ? number : undefined
}
