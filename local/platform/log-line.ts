/** The Worker's log for people: a line of JSON becomes a short line of text on a terminal, and passes as it is in a pipe. */
import { styleText } from 'node:util'
import { z } from 'zod'

const entry = z.looseObject({ level: z.string(), event: z.string() })

const request = z.looseObject({
  method: z.string(),
  route: z.string(),
  status: z.int(),
  duration_ms: z.number(),
  round_trips: z.int(),
})

/** The line as a person reads it; a line of another kind stays as it is. */
export function renderLogLine(line: string, now: Date): string {
  const parsed = parse(line)
  if (parsed === undefined) return line
  const { level, event, ...fields } = parsed
  const time = styleText('dim', now.toTimeString().slice(0, 8))
  const asked = event === 'request' ? request.safeParse(fields).data : undefined
  if (asked !== undefined) {
    const { method, route, status, duration_ms, round_trips } = asked
    const cost = styleText('dim', `${duration_ms} ms, ${round_trips} round trip${round_trips === 1 ? '' : 's'}`)
    return `${time} ${styleText(colourOf(status), String(status))} ${method.padEnd(6)} ${route}  ${cost}`
  }
  const rest = Object.entries(fields).map(([name, value]) => `${name}=${show(value)}`)
  return `${time} ${styleText(level === 'error' ? 'red' : 'cyan', event)} ${rest.join(' ')}`.trimEnd()
}

function parse(line: string): z.infer<typeof entry> | undefined {
  try {
    return entry.parse(JSON.parse(line))
  } catch {
    return undefined
  }
}

function colourOf(status: number): 'red' | 'yellow' | 'green' {
  if (status >= 500) return 'red'
  return status >= 400 ? 'yellow' : 'green'
}

const show = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))
