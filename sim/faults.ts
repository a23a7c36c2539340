/**
 * What goes wrong, and where. Whoever waits asks here, under the name of the wait, whether something befalls it. Each seed
 * has faults of its own: which kinds there are at all, and how often, so that rare meetings of few kinds happen too.
 */

import type { Chance } from './chance.ts'
import type { Story } from './story.ts'

/** Every kind, by the place where the program waits. The text is how a story tells it. */
export const FAULTS = {
  database: {
    'database-refuses': 'the database is not reached',
    'database-answer-lost': 'the batch is committed, its answer is lost',
    'crash-before-commit': 'the handler dies before its batch is run',
    'crash-after-commit': 'the handler dies after its batch is committed',
    'database-slow': 'the batch takes seconds',
  },
  provider: {
    'provider-reset-before': 'the connection is cut before the provider has the call',
    'provider-reset-after': 'the provider does it, and the connection is cut',
    'provider-silent-before': 'the provider never gets the call, and there is no answer',
    'provider-silent-after': 'the provider does it, and never answers',
    'provider-late': 'the call reaches the provider only when its caller has given up',
    'provider-error-before': 'the provider answers 502 and does nothing',
    'provider-error-after': 'the provider does it, and answers 502',
    'provider-malformed': 'the provider does it, and its answer is cut in the middle',
    'provider-field-missing': 'the provider does it, and a field is missing from its answer',
    'provider-rate-limited': 'the provider takes no more calls for now',
    'provider-slow': 'the provider takes its time',
    'provider-books-move': 'a payment of another system is booked while the provider is read',
    'crash-before-call': 'the handler dies before it calls the provider',
    'crash-after-call': 'the handler dies after the provider has done it',
  },
  webhook: {
    'webhook-lost': "the provider's webhook is lost",
    'webhook-doubled': "the provider's webhook comes twice",
    'webhook-late': "the provider's webhook comes late",
  },
  send: {
    'queue-refuses': 'the queue takes no message',
    'message-lost': 'the message is lost',
    'message-doubled': 'the message comes twice',
    'message-late': 'the message comes late',
  },
  request: {
    'request-lost': 'the request never arrives',
    'answer-lost': 'the request is worked on, its answer is lost',
  },
  post: {
    'receiver-error': 'the endpoint answers 500',
    'receiver-error-after': 'the endpoint takes it, and answers 500',
    'receiver-reset': 'the endpoint cuts the connection',
    'receiver-silent': 'the endpoint takes it, and never answers',
    'receiver-slow': 'the endpoint takes seconds',
    'receiver-busy': 'the endpoint answers 429',
    'receiver-gone': 'the endpoint answers 410',
  },
  cron: {
    'cron-stops': 'the cron does not run for an hour',
    'cron-twice': 'the cron runs twice at once',
  },
  announce: { 'announcement-lost': 'the streams are not told of the news' },
  socket: { 'socket-cut': 'the socket of the stream is cut' },
  clock: { 'clock-off': 'the clock of an isolate is some seconds off' },
  outage: {
    'provider-down': 'the provider is down for a while',
    'receiver-down': 'the endpoint is dead for hours',
  },
} as const

export type Place = keyof typeof FAULTS
export type FaultOf<P extends Place> = Extract<keyof (typeof FAULTS)[P], string>
export type Fault = { [P in Place]: FaultOf<P> }[Place]

const PLACES = Object.keys(FAULTS).filter((place): place is Place => Object.hasOwn(FAULTS, place))

function kindsAt<P extends Place>(place: P): FaultOf<P>[] {
  return Object.keys(FAULTS[place]).filter((kind): kind is FaultOf<P> => Object.hasOwn(FAULTS[place], kind))
}

export interface Faults {
  /** What befalls the wait of this name. It is told in the story. */
  befall<P extends Place>(place: P, wait: string, mostly?: number): FaultOf<P> | undefined
  /** From here on nothing goes wrong. */
  end(): void
  readonly areOver: boolean
}

/** How often a wait is befallen; a seed has one of them. */
const RATES = [0.01, 0.03, 0.08, 0.2, 0.4]

/**
 * Some faults are too common where they are possible at all: an endpoint that is gone is gone for good, and a run without a
 * handler that lives finds nothing.
 */
const RARE: Partial<Record<Fault, number>> = { 'receiver-gone': 0.1 }

/** Names of the actions and waits of which a run keeps its actions and faults; everything of the seed's where undefined. */
export type Kept = ReadonlySet<string> | undefined

export function createFaults(chance: Chance, story: Story, kept: Kept): Faults {
  const rate = chance.pick('rate of faults', RATES)
  const share = chance.pick('share of the kinds', [0.15, 0.4, 1])
  const kinds = new Map(
    PLACES.map((place) => [place, kindsAt<Place>(place).filter((kind) => chance.is(`kind ${kind}`, share))]),
  )
  let areOver = false
  return {
    befall<P extends Place>(place: P, wait: string, mostly = 1): FaultOf<P> | undefined {
      if (areOver || kept?.has(wait) === false || !chance.is(`whether ${wait}`, rate * mostly)) return undefined
      const possible = (kinds.get(place) ?? []) as FaultOf<P>[]
      if (possible.length === 0) return undefined
      const kind = chance.pick(`which ${wait}`, possible)
      const rare = RARE[kind as Fault]
      if (rare !== undefined && !chance.is(`rarely ${wait}`, rare)) return undefined
      story.fault(wait, kind as Fault, FAULTS[place][kind] as string)
      return kind
    },
    end() {
      areOver = true
    },
    get areOver() {
      return areOver
    },
  }
}
