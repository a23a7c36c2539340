/**
 * Stripe's requests: forms in which brackets nest, in the body of a POST and in the query of a GET. `a[b]=1` is a field
 * of an object; `a[0]=1` and `a[]=1` are items of a list, which stands here as an object of numbers until it is read.
 */

/** As sent: texts, and objects of the same. Without a prototype, so that no name means anything by itself. */
export interface Fields {
  [name: string]: string | Fields
}

/** @param form as it came, brackets and all else percent-encoded or not */
export function parseForm(form: string): Fields {
  const root = emptyFields()
  for (const [name, value] of new URLSearchParams(form)) insert(root, segmentsOf(name), value)
  return root
}

/** Without what is empty, which means not sent; `kept` names the fields of the top in which it means something. */
export function withoutEmpty(fields: Fields, kept: readonly string[]): Fields {
  const rest = emptyFields()
  for (const [name, value] of Object.entries(fields)) {
    if (kept.includes(name)) rest[name] = value
    else if (typeof value === 'string') {
      if (value !== '') rest[name] = value
    } else rest[name] = withoutEmpty(value, [])
  }
  return rest
}

/** The same for two forms that mean the same: names unencoded, in one order; the items of a list keep theirs. */
export function formFingerprint(form: string): string {
  const pairs = [...new URLSearchParams(form)]
  return JSON.stringify(pairs.sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0)))
}

function emptyFields(): Fields {
  return Object.create(null)
}

/** `a[b][]` is `a`, `b` and an empty text; what isn't bracketed so is one name. */
function segmentsOf(name: string): string[] {
  const [, head, brackets = ''] = /^([^[\]]+)((?:\[[^[\]]*\])*)$/.exec(name) ?? []
  if (head === undefined) return [name]
  return [head, ...[...brackets.matchAll(/\[([^[\]]*)\]/g)].map(([, inner]) => inner ?? '')]
}

function insert(fields: Fields, [first = '', ...rest]: string[], value: string): void {
  const name = first === '' ? String(Object.keys(fields).length) : first
  if (rest.length === 0) {
    fields[name] = value
    return
  }
  const present = fields[name]
  const inner = typeof present === 'object' ? present : emptyFields()
  fields[name] = inner
  insert(inner, rest, value)
}
