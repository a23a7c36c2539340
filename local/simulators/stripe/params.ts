/** Parameters read by their schema, and what Stripe answers when they don't fit it. */
import { z } from 'zod'
import { type Fields, withoutEmpty } from './form.ts'
import { emptyParameter, invalidRequest, missingParameter, type Refusal, unknownParameter } from './refusal.ts'

/** @throws Refusal */
export function readParams<P>(schema: z.ZodType<P>, fields: Fields, clearable: readonly string[]): P {
  const read = schema.safeParse(withoutEmpty(fields, clearable))
  if (read.success) return read.data
  const { issues } = read.error
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0]
  throw issue === undefined ? invalidRequest('Invalid request') : refusalFor(issue, fields)
}

/** Every parameter that the schema doesn't name is refused. `expand` may come with all of them. */
export function params<S extends z.ZodRawShape>(shape: S) {
  return z.strictObject({ ...shape, expand: list(z.string()).optional() })
}

export const text = (maxLength = 5000) =>
  z.string().refine((value) => value.length <= maxLength, {
    error: `Invalid string: must be at most ${maxLength} characters`,
  })

/** Digits and nothing else; kept as a safe integer. */
export const integer = ({ min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = {}) =>
  z
    .string()
    .refine((value) => /^-?\d+$/.test(value) && Number.isSafeInteger(Number(value)), {
      error: ({ input }) => `Invalid integer: ${input}`,
      params: { code: 'parameter_invalid_integer' },
      abort: true,
    })
    .transform(Number)
    .refine((value) => value >= min, {
      error: `This value must be greater than or equal to ${min}.`,
      params: { code: 'parameter_invalid_integer' },
    })
    .refine((value) => value <= max, {
      error: `This value must be less than or equal to ${max}.`,
      params: { code: 'parameter_invalid_integer' },
    })

export const flag = z.enum(['true', 'false']).transform((value) => value === 'true')

export const email = z.string().refine((value) => /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value), {
  error: ({ input }) => `Invalid email address: ${input}`,
  params: { code: 'email_invalid' },
})

export const webUrl = text().refine((value) => URL.canParse(value) && /^https?:$/.test(new URL(value).protocol), {
  error: 'Not a valid URL',
  params: { code: 'url_invalid' },
})

/** A list, which came as an object of numbers. */
export function list<T extends z.ZodType>(item: T) {
  return z.preprocess((value) => {
    if (typeof value !== 'object' || value === null) return value
    const entries = Object.entries(value)
    if (!entries.every(([name]) => /^\d+$/.test(name))) return value
    return entries.sort(([one], [other]) => Number(one) - Number(other)).map(([, entry]) => entry)
  }, z.array(item))
}

const METADATA_KEYS = 50
const METADATA_KEY_LENGTH = 40
const METADATA_VALUE_LENGTH = 500

/** Texts by name. An empty one unsets its name where there is something to unset. */
export const metadata = z
  .record(z.string(), text(METADATA_VALUE_LENGTH))
  .refine((value) => Object.keys(value).length <= METADATA_KEYS, {
    error: `Metadata can have at most ${METADATA_KEYS} keys`,
  })
  .refine((value) => Object.keys(value).every((key) => key.length <= METADATA_KEY_LENGTH), {
    error: `Metadata keys can be at most ${METADATA_KEY_LENGTH} characters long`,
  })

/** Taken and not looked at: a parameter that Stripe knows and this simulator does nothing with. */
export const ignored = z.unknown().optional()

const customParams = z.object({ code: z.string().optional() })

function refusalFor(issue: z.core.$ZodIssue, sent: Fields): Refusal {
  if (issue.code === 'unrecognized_keys') return unknownParameter(bracketed([...issue.path, issue.keys[0] ?? '']))
  const param = bracketed(issue.path)
  const value = valueAt(sent, issue.path)
  if (value === undefined) return missingParameter(param)
  if (value === '') return emptyParameter(param)
  switch (issue.code) {
    case 'custom': {
      const { code } = customParams.parse(issue.params ?? {})
      return invalidRequest(issue.message, { param, ...(code !== undefined && { code }) })
    }
    case 'invalid_value':
      return invalidRequest(`Invalid ${param}: must be one of ${issue.values.join(', ')}`, { param })
    default:
      return invalidRequest(`Invalid value for ${param}`, { param })
  }
}

function bracketed([first, ...rest]: readonly PropertyKey[]): string {
  return `${String(first ?? '')}${rest.map((name) => `[${String(name)}]`).join('')}`
}

function valueAt(fields: Fields, path: readonly PropertyKey[]): string | Fields | undefined {
  let value: string | Fields | undefined = fields
  for (const name of path) {
    if (typeof value !== 'object') return undefined
    value = itemAt(value, String(name))
  }
  return value
}

/** By its name; or, in a list whose numbers have gaps, by its place. */
function itemAt(fields: Fields, name: string): string | Fields | undefined {
  return fields[name] ?? Object.values(fields)[/^\d+$/.test(name) ? Number(name) : -1]
}
