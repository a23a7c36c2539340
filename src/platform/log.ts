/** Structured lines on the console, which Workers Logs collects. What is secret is replaced before it is written. */

import type { Log } from '../operations/deps.ts'

/** What secrets look like, wherever they turn up: keys, tokens, endpoint secrets, credentials in a URL. */
const SECRETS = [
  /\bpb_(test|live)_[A-Za-z0-9]+/g,
  /\bpb[rt]_[A-Za-z0-9]+/g,
  /\bsk_(test|live)_[A-Za-z0-9]+/g,
  /\bwhsec_[A-Za-z0-9+/=]+/g,
  /\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+/g,
  /(?<=:\/\/)[^/\s:@]+:[^/\s@]+(?=@)/g,
]

/** The text with every secret in it replaced. */
export function redact(text: string): string {
  return SECRETS.reduce((redacted, secret) => redacted.replace(secret, '[redacted]'), text)
}

/**
 * @param write takes one line of JSON
 * @param report also tells an error to whoever watches for errors
 */
export function createLog(write: (line: string) => void, report: (error: unknown) => void): Log {
  const line = (level: string, event: string, fields: Record<string, unknown>) =>
    write(redact(JSON.stringify({ level, event, ...fields })))
  return {
    info: (event, fields = {}) => line('info', event, fields),
    error(event, error, fields = {}) {
      line('error', event, { ...fields, error: error instanceof Error ? `${error.name}: ${error.message}` : 'unknown' })
      report(error)
    },
  }
}
