/** One API call through the faults that are set for it: the same order of mishaps for every provider. */
import type { z } from 'zod'
import type { callFaults, FaultBoard, FaultTarget } from './faults.ts'
import type { SimulatorWorld } from './world.ts'

export type CallFault = z.infer<(typeof callFaults)[number]>

/** The connection went down under the call. A TypeError, as `fetch` rejects with; behind a port the socket is destroyed. */
export class ConnectionCut extends TypeError {
  override readonly name = 'ConnectionCut'
}

/** How a provider words the answers that a fault makes it give. */
export interface FaultAnswers {
  rateLimited(resetSeconds: number): Response
  serverError(): Response
  /** HTTP 200, and an envelope that says no. */
  statusFalse(): Response
}

export interface FaultyCall {
  world: Pick<SimulatorWorld, 'sleep'>
  faults: Pick<FaultBoard<CallFault>, 'take'>
  target: FaultTarget
  /** The caller's patience: its end is the only end of a call that hangs. */
  signal: AbortSignal
  answers: FaultAnswers
  perform(): Promise<Response>
  /** The answer without the field that matters most in it, where a fault names none; the first level's `data` otherwise. */
  withoutVital?(answer: Response): Promise<Response>
}

export async function callThroughFaults(call: FaultyCall): Promise<Response> {
  const { faults, target } = call
  call.signal.throwIfAborted()
  if (faults.take('down', target)) throw new ConnectionCut('connection refused')

  const slow = faults.take('slow', target)
  if (slow?.when === 'before') await call.world.sleep(slow.ms, call.signal)

  const limited = faults.take('rate_limited', target)
  if (limited) return call.answers.rateLimited(limited.resetSeconds)

  const mishap = takeMishap(call)
  if (mishap?.when === 'before') return mishap.happen()

  const answer = await call.perform()
  if (slow?.when === 'after') await call.world.sleep(slow.ms, call.signal)
  if (mishap) return mishap.happen()
  // A refusal has nothing to lose.
  const fieldMissing = answer.ok ? faults.take('field_missing', target) : undefined
  const told = fieldMissing ? await shorten(call, answer, fieldMissing.field) : answer
  return faults.take('malformed_json', target) ? cutInTheMiddle(told) : told
}

function shorten({ withoutVital }: FaultyCall, answer: Response, field: string | undefined): Promise<Response> {
  return field === undefined && withoutVital ? withoutVital(answer) : withoutField(answer, field)
}

interface Mishap {
  when: 'before' | 'after'
  happen(): Response | Promise<Response>
}

/** At most one mishap takes the answer's place; the others keep their times for a later call. */
function takeMishap({ world, faults, target, signal, answers }: FaultyCall): Mishap | undefined {
  const cut = faults.take('cut', target)
  if (cut) return { when: cut.when, happen: () => (cut.how === 'hang' ? hang(world, signal) : reset()) }
  const serverError = faults.take('server_error', target)
  if (serverError) return { when: serverError.when, happen: answers.serverError }
  const badGateway = faults.take('bad_gateway', target)
  if (badGateway) return { when: badGateway.when, happen: badGatewayPage }
  const statusFalse = faults.take('status_false', target)
  if (statusFalse) return { when: statusFalse.when, happen: answers.statusFalse }
  return undefined
}

function reset(): never {
  throw new ConnectionCut('connection reset')
}

/** Longer than any caller waits: as a sleep, so that on a virtual clock it passes at once. */
const HANG_MS = 3_600_000

async function hang(world: Pick<SimulatorWorld, 'sleep'>, signal: AbortSignal): Promise<never> {
  await world.sleep(HANG_MS, signal)
  throw new ConnectionCut('the connection idled out')
}

/** What a load balancer says while nothing behind it answers. */
function badGatewayPage(): Response {
  return new Response(
    '<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\n',
    {
      status: 502,
      headers: { 'content-type': 'text/html' },
    },
  )
}

/** An answer that has no such field, or is no object of JSON, stays as it is. */
export async function withoutField(answer: Response, path: string | undefined): Promise<Response> {
  const text = await answer.text()
  const init = { status: answer.status, headers: answer.headers }
  const body = parseObject(text)
  if (body === undefined) return new Response(text, init)
  const names = path?.split('.') ?? ['data' in body ? 'data' : (Object.keys(body)[0] ?? '')]
  const last = names.pop() ?? ''
  const owner = names.reduce<unknown>((inner, name) => (isObject(inner) ? inner[name] : undefined), body)
  if (isObject(owner)) delete owner[last]
  return new Response(JSON.stringify(body), init)
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

async function cutInTheMiddle(answer: Response): Promise<Response> {
  const text = await answer.text()
  return new Response(text.slice(0, Math.ceil(text.length / 2)), { status: answer.status, headers: answer.headers })
}
