/** One API call from its request to its answer, through the faults: the envelope, the key, and the words of each mishap. */
import { callThroughFaults, type FaultAnswers } from '../kit/faulty-call.ts'
import type { ApiRoute } from './api.ts'
import type { Books } from './books.ts'
import { isFields, type Reply, readFields } from './call.ts'
import type { ApiOperation } from './faults.ts'
import { keyMissing, keyUnknown, Refusal, rateLimited } from './refusal.ts'

export function answerCall(
  books: Books,
  route: ApiRoute,
  request: Request,
  params: Record<string, string>,
): Promise<Response> {
  const secretKey = /^Bearer (\S+)$/i.exec(request.headers.get('authorization') ?? '')?.[1]
  const query = new URL(request.url).searchParams
  const operation = route.operation(query)
  const target = { account: secretKey, operation }
  const perform = async (): Promise<Response> => {
    if (secretKey === undefined) return refuse(keyMissing())
    const account = books.accounts.find(secretKey)
    if (account === undefined) return refuse(keyUnknown())
    const fields = await readFields(request)
    if (fields instanceof Refusal) return refuse(fields)
    const reply = route.handle({ books, account, params, query, fields })
    return reply instanceof Refusal ? refuse(reply) : accept(reply)
  }
  return callThroughFaults({
    world: books.world,
    faults: books.faults,
    target,
    signal: request.signal,
    answers: FAULT_ANSWERS,
    perform: () => throughOwnFaults(books, target, request.signal, perform),
    withoutVital: (answer) => withoutItsField(answer, operation),
  })
}

export function refuse({ message, data, httpStatus }: Refusal): Response {
  return Response.json({ status: 'error', message, data }, { status: httpStatus })
}

function accept({ message, data, meta }: Reply): Response {
  return Response.json({ status: 'success', message, ...(meta !== undefined && { meta }), data })
}

const PLEASE_CONTACT_SUPPORT = 'An error occurred. Please contact support'

const FAULT_ANSWERS: FaultAnswers = {
  /** Without the envelope that everything else has. */
  serverError: () =>
    Response.json(
      { error_id: 'ERRNO10042', message: 'Application error, please try again later', code: 'app_error' },
      { status: 500 },
    ),
  statusFalse: () => refuse(new Refusal(200, PLEASE_CONTACT_SUPPORT)),
  // No header says how long to wait.
  rateLimited: () => refuse(rateLimited()),
}

/** How long Flutterwave tries before it gives up with 503. */
const PATIENCE_INSIDE_MS = 28_000

async function throughOwnFaults(
  { world, faults }: Books,
  target: { account: string | undefined; operation: ApiOperation },
  signal: AbortSignal,
  perform: () => Promise<Response>,
): Promise<Response> {
  if (faults.take('forbidden_page', target)) return forbiddenPage()
  const timedOut = faults.take('timed_out', target)
  if (timedOut) {
    if (timedOut.when === 'after') await perform()
    await world.sleep(PATIENCE_INSIDE_MS, signal)
    return refuse(new Refusal(503, PLEASE_CONTACT_SUPPORT))
  }
  return perform()
}

function forbiddenPage(): Response {
  const page = '<!doctype html>\n<title>Access denied</title>\n<h1>Sorry, you have been blocked</h1>\n'
  return new Response(page, { status: 403, headers: { 'content-type': 'text/html; charset=UTF-8' } })
}

/** What nobody can do without, in `data` or in each of its rows. Where nothing is named it is the envelope's status. */
const FIELD_THAT_MATTERS: Partial<Record<ApiOperation, string>> = {
  payments: 'link',
  verify: 'status',
  verify_by_reference: 'status',
  list_by_reference: 'status',
  list_transactions: 'status',
  create_refund: 'id',
  fetch_refund: 'status',
  list_refunds: 'status',
}

async function withoutItsField(answer: Response, operation: ApiOperation): Promise<Response> {
  const body: unknown = await answer.json()
  if (!isFields(body)) return Response.json(body)
  const field = FIELD_THAT_MATTERS[operation]
  if (field === undefined) return Response.json(without(body, 'status'))
  const { data } = body
  return Response.json({
    ...body,
    data: Array.isArray(data) ? data.map((row) => without(row, field)) : without(data, field),
  })
}

function without(value: unknown, field: string): unknown {
  return isFields(value) ? Object.fromEntries(Object.entries(value).filter(([name]) => name !== field)) : value
}
