/**
 * The floor: what a request would cost if the Worker did nothing but wait for others. It plays back what was recorded of
 * the real Worker (`recording.ts`) through the same driver, and gives a ready-made answer. At `/select-1/…` each round trip
 * is a `select 1`: what is left out then is the SQL.
 */

import { type NeonQueryFunction, neon, neonConfig } from '@neondatabase/serverless'
import type { Call, Recording, Recordings, Statement, Template } from './recording.ts'

interface Env {
  DATABASE_ENDPOINT: string
  /** A connection string for each role. */
  DATABASE_URLS: Readonly<Record<string, string>>
  RECORDINGS: Recordings
}

/** What is to be played: for which item, and with the real statements or with the shortest. */
export interface Wanted {
  operation: string
  item: string
  isBare: boolean
}

type Sql = NeonQueryFunction<true, true>

const doors = new Map<string, Sql>()

function doorOf(env: Env, role: string): Sql {
  const url = env.DATABASE_URLS[role]
  if (url === undefined) throw new Error(`no connection string for ${role}`)
  const door = doors.get(role) ?? neon(url, { arrayMode: true, fullResults: true })
  doors.set(role, door)
  return door
}

export default {
  async fetch(request, env) {
    // `/floor/initiate/917345`
    const [, floor, operation = '', item = ''] = new URL(request.url).pathname.split('/')
    if (request.method === 'POST') await request.text()
    const { answer } = await play(env, { operation, item, isBare: floor === 'select-1' })
    if (answer === undefined) return new Response(null, { status: 204 })
    const { status, body } = answer
    return new Response(body, { status, headers: { 'content-type': 'application/json' } })
  },

  async queue(batch, env) {
    for (const { body } of batch.messages) await play(env, body.floor)
  },
} satisfies ExportedHandler<Env, { floor: Wanted }>

async function play(env: Env, { operation, item, isBare }: Wanted): Promise<Recording> {
  neonConfig.fetchEndpoint = () => env.DATABASE_ENDPOINT
  const recording = env.RECORDINGS[operation]
  if (recording === undefined) throw new Error(`nothing was recorded of ${operation}`)
  const fill = filler(recording, item)
  for (const step of recording.steps) {
    if (step.kind === 'batch') await runBatch(doorOf(env, step.role), isBare ? SELECT_1 : step.statements, fill)
    else await Promise.all(step.calls.map((call) => makeCall(call, fill)))
  }
  return recording
}

const SELECT_1: readonly Statement[] = [{ query: 'select 1', params: [] }]

type Fill = (template: Template) => string

async function runBatch(sql: Sql, statements: readonly Statement[], fill: Fill): Promise<void> {
  await sql.transaction(
    statements.map(({ query, params }) =>
      sql.query(
        query,
        params.map((param) => (param === null ? null : fill(param))),
      ),
    ),
  )
}

async function makeCall({ method, url, headers, body }: Call, fill: Fill): Promise<void> {
  const filled = Object.entries(headers).map(([name, value]): [string, string] => [name, fill(value)])
  const response = await fetch(fill(url), { method, headers: filled, ...(body === null ? {} : { body: fill(body) }) })
  await response.text()
}

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'

/** The rest of an id after the time, which any value stands for: the ids of one request need only differ. */
function freshUlid(): string {
  let text = '01zzzzzzzz'
  for (const byte of crypto.getRandomValues(new Uint8Array(16))) text += ALPHABET[byte & 31]
  return text
}

function filler({ fresh }: Recording, item: string): Fill {
  const now = Date.now()
  const made = Array.from({ length: fresh }, freshUlid)
  return (template) => {
    let text = ''
    for (const part of template) {
      if (typeof part === 'string') text += part
      else if (part.hole === 'item') text += item
      else if (part.hole === 'fresh') text += made[part.index]
      else text += new Date(now + part.at).toISOString()
    }
    return text
  }
}
