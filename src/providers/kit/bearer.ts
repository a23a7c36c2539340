/** Calls of an API that takes JSON, and the secret key as a Bearer token. */

import type { Credentials, ProviderCall } from '../contract.ts'

/** @throws TypeError where the connection has no secret key: nothing is ever asked in nobody's name */
export function bearerHeaders({ secret_key: key }: Credentials): Record<string, string> {
  if (!key) throw new TypeError('a connection has a secret key')
  return { authorization: `Bearer ${key}`, accept: 'application/json' }
}

/** @param query names and values as they are: they are encoded here */
export function getJson(path: string, credentials: Credentials, query?: Record<string, string>): ProviderCall {
  const search = query === undefined ? '' : `?${new URLSearchParams(query)}`
  return { method: 'GET', path: path + search, headers: bearerHeaders(credentials) }
}

/** @param body fields that are undefined are left out */
export function postJson(path: string, body: object, credentials: Credentials): ProviderCall {
  const headers = { ...bearerHeaders(credentials), 'content-type': 'application/json' }
  return { method: 'POST', path, headers, body: JSON.stringify(body) }
}
