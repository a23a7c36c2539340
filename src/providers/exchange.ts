/**
 * The only place that sends to a provider: one deadline, one bound on the answer, and one way to say that we don't know
 * what happened. Whatever is not a whole JSON answer below 500 is unknown, never failed.
 */

import { LIMITS } from '../domain/limits.ts'
import {
  type Conversation,
  type Provider,
  type ProviderAnswer,
  type ProviderCall,
  UNRECOGNISED,
  type Unknown,
} from './contract.ts'
import { parseExactJson } from './kit/exact-json.ts'

/** The outside world as the exchange needs it; a simulator owns all of it. */
export interface ExchangeWorld {
  fetch(request: Request): Promise<Response>
  /** Aborts after so many milliseconds. */
  deadline(ms: number): AbortSignal
  /** Where the local platform has all of its providers, each below its name; undefined where they are real. */
  providersUrl: string | undefined
}

export type Exchanged = { kind: 'answered'; answer: ProviderAnswer } | Unknown

/**
 * Carries on a plug-in's conversation to its end. A call without a clear answer ends it, as unknown.
 * @param timeoutMs of each call
 */
export async function converse<T>(
  world: ExchangeWorld,
  provider: Provider,
  conversation: Conversation<T>,
  timeoutMs: number = LIMITS.providerTimeoutMs,
): Promise<T | Unknown> {
  let turn = conversation.next()
  for (let calls = 0; turn.done !== true; calls++) {
    if (calls >= LIMITS.callsPerConversation) return UNRECOGNISED
    const exchanged = await exchange(world, provider, turn.value, timeoutMs)
    if (exchanged.kind === 'unknown') return exchanged
    turn = conversation.next(exchanged.answer)
  }
  return turn.value
}

/** Sends one call, once. It never throws for what the network or the provider does. */
export async function exchange(
  world: ExchangeWorld,
  provider: Pick<Provider, 'name' | 'origin'>,
  call: ProviderCall,
  timeoutMs: number = LIMITS.providerTimeoutMs,
): Promise<Exchanged> {
  const signal = world.deadline(timeoutMs)
  const base = world.providersUrl === undefined ? provider.origin : `${world.providersUrl}/${provider.name}`
  const init: RequestInit = { method: call.method, headers: call.headers, signal, redirect: 'manual' }
  if (call.body !== undefined) init.body = call.body
  const request = new Request(base + call.path, init)
  let status: number
  let text: string | undefined
  try {
    const response = await world.fetch(request)
    status = response.status
    text = await readBounded(response, LIMITS.providerAnswerBytes)
  } catch {
    return { kind: 'unknown', cause: signal.aborted ? 'timed_out' : 'unreachable' }
  }
  if (status >= 500 || status === 408) return { kind: 'unknown', cause: 'server_error' }
  const body = text === undefined ? undefined : parseExactJson(text)
  if (body === undefined) return { kind: 'unknown', cause: 'answer_not_json' }
  return { kind: 'answered', answer: { status, body } }
}

/** The body as text; undefined where it is longer than `bytesMax`, so that an answer can't fill the isolate. */
async function readBounded(response: Response, bytesMax: number): Promise<string | undefined> {
  if (response.body === null) return ''
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for await (const chunk of response.body) {
    bytes += chunk.byteLength
    if (bytes > bytesMax) return undefined
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}
