/** An errand at a provider without a network: what the plug-in asks, and what it says after these answers. */

import type { Conversation, ProviderAnswer, ProviderCall } from '../../src/providers/contract.ts'
import { parseExactJson } from '../../src/providers/kit/exact-json.ts'

/** What arrives: a body as the wire carries it, given as text or as what the text would say. */
export const answered = (status: number, body: unknown): ProviderAnswer => ({
  status,
  body: parseExactJson(typeof body === 'string' ? body : JSON.stringify(body)),
})

/** @throws where the errand is over without a call */
export function firstCall<T>(conversation: Conversation<T>): ProviderCall {
  const turn = conversation.next()
  if (turn.done === true) throw new Error('the errand is over, and nothing was asked')
  return turn.value
}

/**
 * Holds the conversation to its end.
 * @throws where the answers are too few or too many for it
 */
export function converseWith<T>(conversation: Conversation<T>, answers: readonly ProviderAnswer[]) {
  const calls: ProviderCall[] = []
  let turn = conversation.next()
  for (const answer of answers) {
    if (turn.done === true) throw new Error(`the errand is over after ${calls.length} of ${answers.length} answers`)
    calls.push(turn.value)
    turn = conversation.next(answer)
  }
  if (turn.done !== true) throw new Error(`the errand goes on: ${turn.value.method} ${turn.value.path}`)
  return { calls, outcome: turn.value }
}

/** What the errand comes to after these answers, as many as it has calls. */
export function outcomeOf<T>(conversation: Conversation<T>, ...answers: ProviderAnswer[]): T {
  return converseWith(conversation, answers).outcome
}
