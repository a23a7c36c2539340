/**
 * One API call from end to end: the key, the idempotency layer, the parameters, the work, and the faults around it all
 * (sheet, sections 1 and 8).
 */
import { callThroughFaults, type FaultAnswers } from '../kit/faulty-call.ts'
import type { Account } from './account.ts'
import type { Books } from './books.ts'
import type { ApiRoute, Wire } from './call.ts'
import { formFingerprint, parseForm } from './form.ts'
import { type Answer, savedCall } from './idempotency.ts'
import { type Incoming, incoming, refusalAnswer, refuse, respond } from './incoming.ts'
import { invalidApiKey, keyInUse, lockTimeout, Refusal, rateLimited, serverBroken } from './refusal.ts'

/** @param id the one of the path, or the empty text */
export async function answerCall(books: Books, route: ApiRoute, request: Request, id: string): Promise<Response> {
  const call = await incoming(books, request)
  const { account, idempotencyKey } = call
  if (account === undefined || idempotencyKey === null) return throughFaults(books, route, call, id, request.signal)
  if (account.runningKeys.has(idempotencyKey)) return refuse(call, keyInUse(idempotencyKey))
  account.runningKeys.add(idempotencyKey)
  try {
    return await throughFaults(books, route, call, id, request.signal)
  } finally {
    account.runningKeys.delete(idempotencyKey)
  }
}

function throughFaults(
  books: Books,
  route: ApiRoute,
  call: Incoming,
  id: string,
  signal: AbortSignal,
): Promise<Response> {
  const { world, faults } = books
  const target = { account: call.secretKey, operation: route.operation }
  const perform = async (): Promise<Response> => {
    if (faults.take('key_in_use', target)) return refuse(call, keyInUse(call.idempotencyKey ?? 'none'))
    if (faults.take('lock_timeout', target)) return refuse(call, lockTimeout())
    if (faults.take('unavailable', target)) return refuse(call, serverBroken(503))
    return answered(books, route, call, id)
  }
  const withoutVital = (response: Response) => withoutItsField(response, route.operation)
  return callThroughFaults({ world, faults, target, signal, answers: faultAnswers(call), perform, withoutVital })
}

function answered(books: Books, route: ApiRoute, call: Incoming, id: string): Response {
  const { account, idempotencyKey, form, requestId } = call
  try {
    if (account === undefined) throw invalidApiKey(call.secretKey)
    const now = books.world.now()
    const used = { path: call.path, fingerprint: formFingerprint(form), now }
    const saved = idempotencyKey === null ? undefined : savedCall(account, idempotencyKey, used)
    if (saved !== undefined) return respond(call, saved.answer, { replayedFrom: saved.requestId })

    const execute = route.prepare(parseForm(form))
    const cause = call.method === 'POST' ? { requestId, idempotencyKey } : null
    const answer = executed(books, route, call, () => execute({ books, account, now, id, cause }))
    if (idempotencyKey !== null) account.savedCalls.set(idempotencyKey, { ...used, requestId, savedAt: now, answer })
    return respond(call, answer)
  } catch (error) {
    if (error instanceof Refusal) return refuse(call, error)
    throw error
  }
}

/** What comes of the work is saved, a refusal as well. */
function executed(books: Books, route: ApiRoute, call: Incoming, work: () => Wire): Answer {
  const target = { account: call.secretKey, operation: route.operation }
  try {
    if (books.faults.take('saved_error', target)) throw serverBroken(500)
    return { status: 200, body: JSON.stringify(work(), null, 2) }
  } catch (error) {
    if (error instanceof Refusal) return refusalAnswer(call, error)
    throw error
  }
}

function faultAnswers(call: Incoming): FaultAnswers {
  return {
    rateLimited: () => refuse(call, rateLimited(), { 'stripe-rate-limited-reason': 'global-rate' }),
    serverError() {
      const refusal = serverBroken(500)
      saveInstead(call.account, call, refusalAnswer(call, refusal))
      return refuse(call, refusal)
    },
    /** To an SDK an `error` is an error, whatever the status says. */
    statusFalse: () => respond(call, { ...refusalAnswer(call, serverBroken(500)), status: 200 }),
  }
}

/** An endpoint that fails after its work has its failure saved: the key replays that from then on. */
function saveInstead(account: Account | undefined, { idempotencyKey, requestId }: Incoming, answer: Answer): void {
  const saved = idempotencyKey === null ? undefined : account?.savedCalls.get(idempotencyKey)
  if (saved?.requestId === requestId) saved.answer = answer
}

/** What an answer is asked for; of the others it is the status. */
const FIELD_THAT_MATTERS: Readonly<Record<string, string>> = {
  create_session: 'url',
  get_session: 'payment_status',
  get_balance: 'livemode',
  create_refund: 'id',
}

async function withoutItsField(response: Response, operation: string): Promise<Response> {
  const field = FIELD_THAT_MATTERS[operation] ?? (operation.startsWith('list_') ? 'data' : 'status')
  const entries = Object.entries(JSON.parse(await response.text())).filter(([name]) => name !== field)
  return new Response(JSON.stringify(Object.fromEntries(entries)), response)
}
