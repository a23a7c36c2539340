/**
 * What a command says. People get text, in colour on a terminal; programs (`--json`) get one JSON object on each line of
 * standard output. Remarks and errors go to standard error, out of the way of both.
 */
import { styleText } from 'node:util'
import { Failure } from './failure.ts'

type Colour = 'green' | 'red' | 'yellow' | 'cyan' | 'dim' | 'bold'

export interface Output {
  /** A result: the text for people, or the object for programs. */
  result(text: string, object: object): void
  /** By the way. */
  remark(text: string): void
  failure(error: unknown): void
}

export function createOutput({ json }: { json: boolean }): Output {
  return {
    result(text, object) {
      process.stdout.write(`${json ? JSON.stringify(object) : text}\n`)
    },
    remark(text) {
      process.stderr.write(`${json ? JSON.stringify({ object: 'remark', message: text }) : text}\n`)
    },
    failure(error) {
      process.stderr.write(`${json ? JSON.stringify(failureObject(error)) : failureText(error)}\n`)
    },
  }
}

/** In colour where standard output is a terminal, and NO_COLOR is not set. */
export function paint(colour: Colour, text: string): string {
  return styleText(colour, text, { stream: process.stdout })
}

function failureText(error: unknown): string {
  if (error instanceof Failure) return `${styleText('red', 'Error:', { stream: process.stderr })} ${error.message}`
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

function failureObject(error: unknown): object {
  const code = error instanceof Failure ? error.code : 'unforeseen'
  return { object: 'error', code, message: error instanceof Error ? error.message : String(error) }
}
