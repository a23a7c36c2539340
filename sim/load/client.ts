/** A merchant's program as a client of the API: it repeats what got no answer, gives up, and keeps what it was told. */

import type { Mode } from '../../src/domain/transaction.ts'
import { API, type Platform } from '../platform.ts'
import { Lost } from '../requests.ts'
import type { Run } from '../run.ts'
import type { Task } from '../scheduler.ts'
import { namelessText } from '../story.ts'
import type { Shop } from './shops.ts'

export interface Told {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: the load reads whatever field it needs
  body: any
}

/** What was asked and told under an idempotency key. */
export interface KeyUse {
  shop: Shop
  key: string
  /** Path and body: another one under the same key is to be refused. */
  asked: string
  told: Told
}

export interface Client {
  /** One request. Undefined where no answer came. */
  ask(name: string, method: string, path: string, body?: object, key?: string): Promise<Told | undefined>
  /** As `ask`, again and again with the same key while there is no answer, as often as this client has patience. */
  insist(
    name: string,
    method: string,
    path: string,
    body: object | undefined,
    key: string,
    most?: number,
  ): Promise<Told | undefined>
  /** Lets so much time pass. */
  pause(ms: number): Promise<void>
}

/** Whose requests they are: the credential that is good at this moment. */
export type Bearer = () => string | Promise<string>

/** @param uses where every answer under a key is kept */
export function createClient(
  run: Run,
  platform: Platform,
  shop: Shop,
  task: Task,
  uses: KeyUse[],
  bearer: Bearer,
): Client {
  const { chance, scheduler, story } = run

  async function ask(
    name: string,
    method: string,
    path: string,
    body?: object,
    key?: string,
  ): Promise<Told | undefined> {
    const request = requestOf(shop.mode, await bearer(), method, path, body, key)
    try {
      const response = await platform.request(task, name, request)
      const text = await response.text()
      const told: Told = { status: response.status, body: text === '' ? {} : JSON.parse(text) }
      story.tell(name, `told ${describe(told)}`)
      if (key !== undefined) uses.push({ shop, key, asked: `${method} ${path} ${JSON.stringify(body ?? null)}`, told })
      return told
    } catch (error) {
      if (!(error instanceof Lost)) throw error
      story.tell(name, 'no answer')
      return undefined
    }
  }

  const pause = (ms: number) => scheduler.wait(task, ms)

  return {
    ask,
    pause,
    async insist(name, method, path, body, key, most) {
      const patience = most ?? chance.pick(`patience of ${name}`, [0, 1, 3, 6])
      for (let round = 0; ; round++) {
        const told = await ask(round === 0 ? name : `${name} repeat ${round}`, method, path, body, key)
        const isOver = told !== undefined && told.body.code !== 'idempotency_in_flight' && told.status < 500
        if (isOver || round >= patience) return told
        await pause(chance.int(`pause ${name} ${round}`, 200, 20_000))
      }
    },
  }
}

export function requestOf(
  mode: Mode,
  token: string,
  method: string,
  path: string,
  body?: object,
  key?: string,
): Request {
  const headers = new Headers({ authorization: `Bearer ${token}`, 'paybridge-mode': mode })
  if (key !== undefined) headers.set('idempotency-key', key)
  if (body !== undefined) headers.set('content-type', 'application/json')
  return new Request(`${API}${path}`, { method, headers, body: body === undefined ? null : JSON.stringify(body) })
}

function describe({ status, body }: Told): string {
  const what = status < 400 ? (body.status ?? body.object ?? '') : body.code
  return namelessText(`${status} ${what}`)
}
