/** A client of PayBridge's HTTP API, as a merchant would write one: it knows nothing of the server's code. */
import { z } from 'zod'

const CALL_WITHIN_MS = 15_000

const problem = z.object({
  code: z.string(),
  title: z.string(),
  detail: z.string().optional(),
  errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
})

/** The API refused: `code` is the problem's. */
export class ApiRefusal extends Error {
  override readonly name = 'ApiRefusal'
  readonly code: string

  constructor(call: string, status: number, { code, title, detail, errors }: z.infer<typeof problem>) {
    const why = [detail ?? title, ...(errors ?? []).map(({ field, message }) => `${field}: ${message}`)].join(' ')
    super(`${call} was answered ${status} ${code}: ${why}`)
    this.code = code
  }
}

export interface ApiClient {
  /** @throws ApiRefusal, and an error where the answer is not of the schema */
  get<T>(path: string, answer: z.ZodType<T>): Promise<T>
  /** @throws as `get` does */
  post<T>(path: string, body: object, answer: z.ZodType<T>): Promise<T>
  /** @throws as `get` does */
  put<T>(path: string, body: object, answer: z.ZodType<T>): Promise<T>
}

/** @param token an API key or an access token; without one, the client is a stranger */
export function createApiClient(baseUrl: string, token?: string): ApiClient {
  async function call<T>(method: string, path: string, body: string | null, answer: z.ZodType<T>): Promise<T> {
    const headers = new Headers({ 'content-type': 'application/json' })
    if (token !== undefined) headers.set('authorization', `Bearer ${token}`)
    const signal = AbortSignal.timeout(CALL_WITHIN_MS)
    const response = await fetch(`${baseUrl}${path}`, { method, headers, body, signal })
    const text = await response.text()
    const json = parseJson(text)
    if (response.ok) return answer.parse(json)
    const refusal = problem.safeParse(json).data ?? { code: 'unexpected_answer', title: text.slice(0, 500) }
    throw new ApiRefusal(`${method} ${path}`, response.status, refusal)
  }
  return {
    get: (path, answer) => call('GET', path, null, answer),
    post: (path, body, answer) => call('POST', path, JSON.stringify(body), answer),
    put: (path, body, answer) => call('PUT', path, JSON.stringify(body), answer),
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** What the callers here read of the API's answers. */
export const answers = {
  tokens: z.object({ access: z.string() }),
  apiKey: z.object({ key: z.string(), mask: z.string() }),
  connection: z.object({ id: z.string(), status: z.string(), webhook_path: z.string() }),
  connections: z.object({ data: z.array(z.object({ provider: z.string(), webhook_path: z.string() })) }),
}
