/** A mistake that an engineer could make: planted alone, it has to be noticed by a test. */
export interface Fault {
  /** Unique; says what is wrong: `amount-not-compared`. */
  name: string
  /** What comes of it, in one line. */
  why: string
  /** Of `src/` or `migrations/`. */
  file: string
  /** Stands exactly once in the file. */
  search: string
  replace: string
  /** The test files that should notice, the quickest that do. */
  tests: readonly string[]
  /** Of these only the tests whose full name has this in it: where a file takes long. */
  named?: string
}

/** The file's text with the fault in it. Throws where its search text does not stand there exactly once. */
export function plant({ name, file, search, replace }: Fault, text: string): string {
  const [before, after, ...more] = text.split(search)
  if (before === undefined || after === undefined || more.length > 0) {
    throw new Error(`${name}: its search text stands ${more.length + (after === undefined ? 0 : 1)} times in ${file}`)
  }
  return before + replace + after
}
