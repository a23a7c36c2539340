/** JSON Schema → values that fit it, for the keywords that the OpenAPI document uses. */

import fc from 'fast-check'
import type { JsonSchema } from '../support/api-contract.ts'

/** What a schema can't say: by the name of a field or parameter, or by an id's prefix. */
export interface Known {
  fields: Readonly<Record<string, readonly unknown[]>>
  ids: Readonly<Record<string, readonly string[]>>
}

/** @param name of the field, where there is one */
export function fittingValue(schema: JsonSchema, known: Known, name = ''): fc.Arbitrary<unknown> {
  const given = known.fields[name]
  if (given !== undefined && given.length > 0) return fc.constantFrom(...given)
  if (schema.example !== undefined && schema.properties !== undefined) {
    return fc.oneof(fc.constant(schema.example), generated(schema, known))
  }
  return generated(schema, known)
}

function generated(schema: JsonSchema, known: Known): fc.Arbitrary<unknown> {
  if (Array.isArray(schema.enum)) return fc.constantFrom(...schema.enum)
  if ('const' in schema) return fc.constant(schema.const)
  const choices = schema.anyOf ?? schema.oneOf
  if (Array.isArray(choices)) return fc.oneof(...choices.map((choice) => generated(choice, known)))
  const types = [schema.type ?? 'object'].flat().map(String)
  return fc.oneof(...types.map((type) => ofType(type, schema, known)))
}

function ofType(type: string, schema: JsonSchema, known: Known): fc.Arbitrary<unknown> {
  switch (type) {
    case 'null':
      return fc.constant(null)
    case 'boolean':
      return fc.boolean()
    case 'integer':
    case 'number':
      return fc.integer({ min: numberOr(schema.minimum, 0), max: numberOr(schema.maximum, 1_000_000) })
    case 'string':
      return text(schema, known)
    case 'array':
      return fc.array(fittingValue(asSchema(schema.items), known), {
        minLength: numberOr(schema.minItems, 0),
        maxLength: Math.min(numberOr(schema.maxItems, 3), 3),
      })
    default:
      return object(schema, known)
  }
}

function object(schema: JsonSchema, known: Known): fc.Arbitrary<unknown> {
  if (schema.properties === undefined) {
    const member = typeof schema.additionalProperties === 'object' ? asSchema(schema.additionalProperties) : {}
    return fc.dictionary(
      fc.stringMatching(/^[a-z]{1,8}$/),
      Object.keys(member).length > 0 ? fittingValue(member, known) : word,
      {
        maxKeys: 3,
      },
    )
  }
  const members = Object.entries(asSchema(schema.properties)).map(
    ([name, member]) => [name, fittingValue(asSchema(member), known, name)] as const,
  )
  const required = Array.isArray(schema.required) ? schema.required.map(String) : []
  const requiredKeys = members.map(([name]) => name).filter((name) => required.includes(name))
  return fc.record(Object.fromEntries(members), { requiredKeys, noNullPrototype: true })
}

const word = fc.stringMatching(/^[A-Za-z0-9 ]{1,20}$/)

function text(schema: JsonSchema, known: Known): fc.Arbitrary<string> {
  if (schema.format === 'email') return fc.stringMatching(/^[a-z]{1,10}@customer\.test$/)
  if (schema.format === 'uri') return fc.stringMatching(/^https:\/\/shop\.example\.com\/[a-z]{0,5}$/)
  if (schema.format === 'date-time') {
    return fc
      .date({ min: new Date('2026-11-20T00:00:00Z'), max: new Date('2026-11-30T00:00:00Z'), noInvalidDate: true })
      .map((date) => date.toISOString())
  }
  if (typeof schema.pattern === 'string') {
    const ids = known.ids[/^\^([a-z]{3})_/.exec(schema.pattern)?.[1] ?? '']
    const random = fc.stringMatching(new RegExp(schema.pattern))
    return ids === undefined || ids.length === 0
      ? random
      : fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...ids) }, { weight: 1, arbitrary: random })
  }
  const maxLength = Math.min(numberOr(schema.maxLength, 40), 60)
  return fc.string({ minLength: numberOr(schema.minLength, 0), maxLength }).map((made) => made.replaceAll('\0', '0'))
}

const numberOr = (value: unknown, otherwise: number): number => (typeof value === 'number' ? value : otherwise)

function asSchema(value: unknown): JsonSchema {
  if (typeof value !== 'object' || value === null) throw new TypeError(`no schema: ${JSON.stringify(value)}`)
  return { ...value }
}
