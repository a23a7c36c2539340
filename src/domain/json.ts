/** JSON as a type. */

export type Json = string | number | boolean | null | readonly Json[] | JsonObject

export interface JsonObject {
  readonly [name: string]: Json | undefined
}

/** A text that is known to hold a JSON object, because this service wrote it. Throws for anything else. */
export function parseJsonObject(text: string): JsonObject {
  const value: Json = JSON.parse(text)
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw new TypeError('not a JSON object')
  return value as JsonObject
}
