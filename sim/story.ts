/**
 * What happened in a run, line by line. Things are called by the order in which the story met them, never by an id: so it
 * reads, and is the same to the byte wherever it is told.
 */

import type { Fault } from './faults.ts'

export interface Story {
  /** Something that was done, or that came of it. */
  tell(who: string, what: string): void
  /** Something went wrong at this wait. */
  fault(wait: string, kind: Fault, words: string): void
  /** An action of the load was begun. */
  action(name: string, words: string): void
  /** Every line, in order. */
  readonly lines: readonly string[]
  /** The faults and the actions alone: what the shortest story is made of. */
  readonly beats: readonly Beat[]
}

export interface Beat {
  name: string
  line: string
  /** Undefined for an action. */
  fault: Fault | undefined
}

/** @param now the virtual time, in milliseconds since 1970 */
export function createStory(now: () => number): Story {
  const startedAt = now()
  const lines: string[] = []
  const beats: Beat[] = []
  const add = (text: string): string => {
    const line = `${clockText(now() - startedAt)}  ${text}`
    lines.push(line)
    return line
  }
  return {
    tell: (who, what) => void add(`${who}: ${what}`),
    fault: (name, fault, words) => void beats.push({ name, fault, line: add(`!! ${name}: ${words}`) }),
    action: (name, words) => void beats.push({ name, fault: undefined, line: add(`-> ${name}: ${words}`) }),
    lines,
    beats,
  }
}

/** Ids differ from run to run only where something else does: a story does without them. */
export function namelessText(text: string): string {
  return text.replaceAll(/\b([a-z]{3})_[0-7][0-9a-hjkmnp-tv-z]{25}\b/g, '$1_…').replaceAll(/pb-[0-9a-z]{26}/g, 'pb-…')
}

/** `1d 02:03:04.567` since the beginning. */
function clockText(ms: number): string {
  const days = Math.floor(ms / 86_400_000)
  const time = new Date(ms % 86_400_000).toISOString().slice(11, -1)
  return days === 0 ? time : `${days}d ${time}`
}
