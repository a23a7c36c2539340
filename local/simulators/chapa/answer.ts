/** One API call from request to response: the key, the faults, the handler. */
import { callThroughFaults, type FaultAnswers, withoutField } from '../kit/faulty-call.ts'
import type { Account } from './account.ts'
import type { ApiRoute } from './api.ts'
import type { Books } from './books.ts'
import { contentTypeOf, readFields } from './call.ts'
import { invalidKey, noAuthorization, Refusal, tooManyRequests } from './refusal.ts'

export function answerCall(
  books: Books,
  route: ApiRoute,
  request: Request,
  params: Record<string, string>,
): Promise<Response> {
  const secretKey = /^Bearer (\S+)$/i.exec(request.headers.get('authorization') ?? '')?.[1]
  const target = { account: secretKey, operation: route.operation }
  const perform = async (): Promise<Response> => {
    const account = accountOf(books, secretKey)
    if (account instanceof Refusal) return account.toResponse()
    const fields = await readFields(request)
    const query = new URL(request.url).searchParams
    const contentType = contentTypeOf(request)
    const reply = route.handle({ books, account, params, query, contentType, fields })
    if (reply instanceof Refusal) return reply.toResponse()
    return Response.json(reply)
  }
  return callThroughFaults({
    world: books.world,
    faults: books.faults,
    target,
    signal: request.signal,
    answers: FAULT_ANSWERS,
    perform,
    withoutVital: (answer) => withoutField(answer, route.fieldThatMatters),
  })
}

function accountOf(books: Books, secretKey: string | undefined): Account | Refusal {
  if (secretKey === undefined) return noAuthorization()
  return books.accounts.find(secretKey) ?? invalidKey()
}

/** No `Retry-After` is documented, so there is none. */
const FAULT_ANSWERS: FaultAnswers = {
  rateLimited: () => tooManyRequests().toResponse(),
  serverError: () => new Refusal(500, 'Server Error').toResponse(),
  statusFalse: () => new Refusal(200, 'The request could not be processed').toResponse(),
}
