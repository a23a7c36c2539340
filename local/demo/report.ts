/** What the demo says: a line for each step with the time that it took, what came of it below. Colours on a terminal only. */
import { styleText } from 'node:util'

/** Adds a line below the step. */
export type Note = (text: string) => void

export interface Report {
  say(text: string): void
  /** Runs a step and says how it went, with what it noted. A failure is said, then thrown on. */
  step<T>(title: string, work: (note: Note) => Promise<T>): Promise<T>
}

const TITLE_WIDTH = 44

/** @param write takes text for a terminal that has colours, or has none: `styleText` knows, and knows NO_COLOR */
export function createReport(write: (text: string) => void): Report {
  return {
    say: (text) => write(`${text}\n`),
    async step(title, work) {
      const startedAt = performance.now()
      const notes: string[] = []
      const tell = (mark: string): void => {
        const elapsed = `${Math.round(performance.now() - startedAt)} ms`
        write(`${mark} ${title.padEnd(TITLE_WIDTH)} ${styleText('dim', elapsed.padStart(8))}\n`)
        for (const note of notes) write(`  ${styleText('dim', note)}\n`)
      }
      try {
        const result = await work((text) => notes.push(text))
        tell(styleText('green', '✓'))
        return result
      } catch (error) {
        tell(styleText('red', '✗'))
        throw error
      }
    },
  }
}
