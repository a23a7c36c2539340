/**
 * What an operation asked of the outside, as it was recorded of the real Worker and is played back by the floor: the same
 * statements in the same round trips, the same calls. Where a value must be fresh there is a hole.
 */

/** A text with holes in it. `at` is a time that lies so many milliseconds after the request. */
export type Template = readonly (
  | string
  | { hole: 'item' }
  | { hole: 'fresh'; index: number }
  | { hole: 'time'; at: number }
)[]

export interface Statement {
  query: string
  params: readonly (Template | null)[]
}

/** One thing that is waited for. Calls of one step are made at once. */
export type Step =
  | { kind: 'batch'; role: string; statements: readonly Statement[] }
  | { kind: 'calls'; calls: readonly Call[] }

export interface Call {
  method: string
  url: Template
  headers: Readonly<Record<string, Template>>
  body: Template | null
}

export interface Recording {
  steps: readonly Step[]
  /** How many ids the operation makes. */
  fresh: number
  /** Absent where nobody is answered: a queue's batch. */
  answer?: { status: number; body: string }
}

/** By the operation's name. */
export type Recordings = Readonly<Record<string, Recording>>
