/**
 * The OpenAPI document as a judge of answers. It is stricter than the document's own words: the document leaves objects
 * open, so that clients live with fields to come; an answer of today has no field that the document doesn't name.
 */

import { Validator } from '@cfworker/json-schema'
import { isProblemCode, PROBLEMS } from '../../src/domain/problem.ts'

export type JsonSchema = { readonly [keyword: string]: unknown }

export interface Operation {
  readonly method: string
  /** With braces and the trailing slash. */
  readonly path: string
  readonly isPublic: boolean
  readonly parameters: readonly Parameter[]
  /** Of a JSON body; undefined where none is taken. */
  readonly body: JsonSchema | undefined
  /** By status: the schema of each content type. */
  readonly answers: ReadonlyMap<number, ReadonlyMap<string, JsonSchema>>
}

export interface Parameter {
  readonly name: string
  readonly in: string
  readonly required: boolean
  readonly schema: JsonSchema
}

export interface Answer {
  status: number
  headers: Headers
  text: string
}

/** What `/api/schema/` serves, with every reference replaced by what it names and every `allOf` of objects made one. */
export class ApiContract {
  readonly operations: readonly Operation[]
  readonly #byPath: readonly { pattern: RegExp; operation: Operation }[]
  readonly #validators = new Map<JsonSchema, Validator>()

  constructor(document: unknown) {
    const root = asObject(document)
    this.operations = Object.entries(asObject(root.paths)).flatMap(([path, methods]) =>
      Object.entries(asObject(methods)).map(([method, operation]) => readOperation(root, method, path, operation)),
    )
    // Fixed words stand before what is in braces, as in the app.
    this.#byPath = this.operations
      .map((operation) => ({ pattern: patternOf(operation.path), operation }))
      .sort((a, b) => a.operation.path.split('{').length - b.operation.path.split('{').length)
  }

  /** The operation that answers this request; undefined where none does. */
  find(method: string, pathname: string): Operation | undefined {
    const path = pathname.endsWith('/') ? pathname : `${pathname}/`
    return this.#byPath.find(
      ({ pattern, operation }) => operation.method === method.toUpperCase() && pattern.test(path),
    )?.operation
  }

  /** What is wrong with the answer; undefined where it is as the document says. */
  fault(method: string, pathname: string, answer: Answer): string | undefined {
    if (!answer.headers.get('x-request-id')?.startsWith('req_')) return 'it has no request id'
    // The answer to GET, without its body.
    if (method === 'HEAD') return answer.text === '' ? undefined : 'it has a body'
    const operation = this.find(method, pathname)
    if (operation === undefined) return faultOfStray(answer)
    const contents = operation.answers.get(answer.status)
    if (contents === undefined) return `${operation.path} does not document ${answer.status}: ${answer.text}`
    if (contents.size === 0) return answer.text === '' ? undefined : 'it has a body'
    const type = contentType(answer)
    const schema = contents.get(type)
    if (schema === undefined) return `${operation.path} does not document ${answer.status} as '${type}'`
    const fault = this.#faultOfBody(schema, answer.text)
    if (fault !== undefined) return `${operation.path} ${answer.status}: ${fault} in ${answer.text.slice(0, 2_000)}`
    return answer.status >= 400 ? faultOfProblem(answer) : undefined
  }

  #faultOfBody(schema: JsonSchema, text: string): string | undefined {
    let validator = this.#validators.get(schema)
    if (validator === undefined) {
      validator = new Validator({ ...schema }, '2020-12', true)
      this.#validators.set(schema, validator)
    }
    const { valid, errors } = validator.validate(JSON.parse(text))
    if (valid) return undefined
    return errors.map(({ instanceLocation, error }) => `${instanceLocation}: ${error}`).join('; ')
  }
}

const contentType = ({ headers }: Answer): string => headers.get('content-type')?.split(';')[0]?.trim() ?? ''

/** Of a path that the document doesn't have: a page, or a problem. */
function faultOfStray(answer: Answer): string | undefined {
  return answer.status < 400 ? undefined : faultOfProblem(answer)
}

/** Beyond the schema: what RFC 9457 wants, and that bad input is told by its field. */
function faultOfProblem(answer: Answer): string | undefined {
  if (contentType(answer) !== 'application/problem+json') return 'it is no problem'
  const problem = asObject(JSON.parse(answer.text))
  const code = String(problem.code)
  if (!isProblemCode(code)) return `${code} is no problem's code`
  const { status, title } = PROBLEMS[code]
  if (status !== answer.status || problem.status !== status || problem.title !== title) return `it is not like ${code}`
  if (problem.request_id !== answer.headers.get('x-request-id')) return 'it is of another request'
  const errors = Array.isArray(problem.errors) ? problem.errors : []
  if (code === 'validation_failed' && errors.length === 0) return 'it does not say which field'
  return undefined
}

function readOperation(root: JsonSchema, method: string, path: string, value: unknown): Operation {
  const operation = asObject(value)
  const parameters = asList(operation.parameters).map((each): Parameter => {
    const { name, in: place, required, schema } = asObject(each)
    return { name: String(name), in: String(place), required: required === true, schema: resolve(root, schema) }
  })
  const bodies = contentsOf(root, operation.requestBody)
  const answers = Object.entries(asObject(operation.responses)).map(
    ([status, answer]) => [Number(status), contentsOf(root, answer)] as const,
  )
  return {
    method: method.toUpperCase(),
    path,
    isPublic: asList(operation.security).length === 0,
    parameters,
    body: bodies.get('application/json'),
    answers: new Map(answers),
  }
}

function contentsOf(root: JsonSchema, value: unknown): Map<string, JsonSchema> {
  const contents = Object.entries(asObject(asObject(value ?? {}).content ?? {}))
  return new Map(contents.map(([type, content]) => [type, resolve(root, asObject(content).schema)]))
}

/** The schema without references; its objects take no field that they don't name. */
function resolve(root: JsonSchema, value: unknown): JsonSchema {
  const { $ref, allOf, ...own } = asObject(value)
  const parts = [
    ...($ref === undefined ? [] : [resolve(root, named(root, String($ref)))]),
    ...asList(allOf).map((part) => resolve(root, part)),
    resolveMembers(root, own),
  ]
  const merged = parts.reduce(merge)
  const isOpen = merged.properties !== undefined && merged.additionalProperties === undefined
  return isOpen ? { ...merged, additionalProperties: false } : merged
}

function resolveMembers(root: JsonSchema, schema: JsonSchema): JsonSchema {
  const inner: Record<string, unknown> = {}
  for (const [keyword, value] of Object.entries(schema)) {
    if (keyword === 'properties') {
      const properties = Object.entries(asObject(value)).map(([name, member]) => [name, resolve(root, member)])
      inner[keyword] = Object.fromEntries(properties)
    } else if (keyword === 'items' || keyword === 'additionalProperties') {
      inner[keyword] = typeof value === 'boolean' ? value : resolve(root, value)
    } else if (keyword === 'anyOf' || keyword === 'oneOf') {
      inner[keyword] = asList(value).map((member) => resolve(root, member))
    } else {
      inner[keyword] = value
    }
  }
  return inner
}

/** Both at once; where both speak of the same property, the later has the last word. */
function merge(first: JsonSchema, second: JsonSchema): JsonSchema {
  const both = { ...first, ...second, ...typeOfBoth(first.type, second.type) }
  if (first.properties === undefined || second.properties === undefined) return both
  return {
    ...both,
    properties: { ...asObject(first.properties), ...asObject(second.properties) },
    required: [...new Set([...asList(first.required), ...asList(second.required)])],
  }
}

function typeOfBoth(first: unknown, second: unknown): JsonSchema {
  if (first === undefined || second === undefined) return {}
  const [ofFirst, ofSecond] = [[first].flat(), [second].flat()]
  return { type: ofFirst.filter((type) => ofSecond.includes(type)) }
}

function named(root: JsonSchema, ref: string): unknown {
  return ref
    .replace('#/', '')
    .split('/')
    .reduce((inner: unknown, name) => asObject(inner)[name], root)
}

const patternOf = (path: string): RegExp => new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`)

function asObject(value: unknown): JsonSchema {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TypeError(`no object: ${JSON.stringify(value)}`)
  }
  return { ...value }
}

const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
