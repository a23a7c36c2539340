/** An idempotency key has one effect and one answer: the same to everybody who asks the same, and none to who asks another. */

import type { KeyUse } from '../load/client.ts'
import type { Facts } from './facts.ts'

export function keysHaveOneEffect({ load, transactions, refunds }: Facts): string[] {
  const byKey = Map.groupBy(load.uses.filter(isAnswer), ({ shop, key }) => `${shop.name}, ${key}`)
  const made = new Map([...transactions, ...refunds].map(([id]) => [id, true]))
  return [...byKey].flatMap(([what, uses]) => {
    const accepted = uses.filter(({ told }) => told.body.code !== 'idempotency_key_reused')
    const [first] = accepted
    if (first === undefined) return []
    const others = accepted.filter(({ asked }) => asked !== first.asked)
    const different = accepted.filter(
      ({ asked, told }) => asked === first.asked && answerOf(told) !== answerOf(first.told),
    )
    const id: unknown = first.told.body.id
    return [
      ...others.map(() => `${what}: another request was answered under it`),
      ...different.map(({ told }) => `${what}: told ${first.told.status}, then ${told.status}`),
      ...(typeof id === 'string' && first.told.status < 300 && !made.has(id) && /^(txn|ref)_/.test(id)
        ? [`${what}: what it made is not there`]
        : []),
    ]
  })
}

/** An answer that a claim remembers. What was refused before anything was done may be asked again, and come to something. */
function isAnswer({ told }: KeyUse): boolean {
  return told.status < 300 || told.body.code === 'provider_refused' || told.body.code === 'idempotency_key_reused'
}

const answerOf = ({ status, body }: KeyUse['told']): string => {
  const { request_id: _, ...rest } = body
  return JSON.stringify([status, rest])
}
