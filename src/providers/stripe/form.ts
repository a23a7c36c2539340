/** How Stripe takes parameters, in bodies and queries alike: a form whose names nest in brackets. */

type FormValue = string | number | bigint | boolean | undefined | readonly FormValue[] | Form

/** Fields that are undefined are left out. An empty text would clear a value at Stripe, so none is sent by accident. */
export interface Form {
  readonly [name: string]: FormValue
}

/** `{ a: { b: [1] } }` is `a[b][0]=1`: brackets stand raw, and whatever is between them is percent-encoded. */
export function encodeForm(form: Form): string {
  return Object.entries(form)
    .flatMap(([name, value]) => encodePairs(encode(name), value))
    .join('&')
}

function encodePairs(name: string, value: FormValue): string[] {
  if (value === undefined) return []
  if (typeof value !== 'object') return [`${name}=${encode(String(value))}`]
  return Object.entries(value).flatMap(([inner, each]) => encodePairs(`${name}[${encode(inner)}]`, each))
}

// Half of a surrogate pair has no encoding, and a text that was cut may end in one.
const encode = (text: string): string => encodeURIComponent(text.toWellFormed())
