/** What ends a command: foreseen, told in a sentence or two, and with an exit code of its own. */

/** 1: the API refused, or what was asked for did not happen. 2: misused. 3: the API is not reached. */
export type ExitCode = 1 | 2 | 3

export class Failure extends Error {
  override readonly name: string = 'Failure'
  readonly code: string
  readonly exitCode: ExitCode

  /** @param code stable, for programs that read `--json` */
  constructor(exitCode: ExitCode, code: string, message: string) {
    super(message)
    this.code = code
    this.exitCode = exitCode
  }
}

export const misused = (message: string): Failure => new Failure(2, 'misused', message)

/** The API answered with a problem. */
export class Refusal extends Failure {
  override readonly name = 'Refusal'
  readonly status: number
  /** Those that the problem names. */
  readonly fields: readonly string[]
  readonly retryAfterSeconds: number | undefined

  constructor(
    code: string,
    message: string,
    more: { status: number; fields: readonly string[]; retryAfterSeconds: number | undefined },
  ) {
    super(1, code, message)
    this.status = more.status
    this.fields = more.fields
    this.retryAfterSeconds = more.retryAfterSeconds
  }
}
