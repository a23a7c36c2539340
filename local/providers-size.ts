/**
 * `npm run providers:size`: prints how many lines each provider's folder has, and fails where one has too many. A provider
 * that needs more than this is doing something that belongs elsewhere.
 */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

const PROVIDERS = join(import.meta.dirname, '../src/providers')

/** What all of them share. */
const KIT = 'kit'

const LINES_MAX = 400

/**
 * Stripe takes forms instead of JSON, is kept from doing things twice by idempotency keys, spreads one payment over session,
 * intent and charge, signs over a time and with several secrets, and counts over a hundred currencies in digits of its own.
 */
const MAY_BE_LARGER = ['stripe']

const folders = await readdir(PROVIDERS, { withFileTypes: true })
const names = folders.filter((entry) => entry.isDirectory() && entry.name !== KIT).map(({ name }) => name)

for (const name of names.sort()) {
  const lines = await linesIn(join(PROVIDERS, name))
  const isExempt = MAY_BE_LARGER.includes(name)
  const isTooLarge = lines > LINES_MAX && !isExempt
  const verdict = isTooLarge ? `more than ${LINES_MAX}` : isExempt ? 'may be larger' : ''
  console.log(`${name.padEnd(12)} ${String(lines).padStart(5)} lines  ${verdict}`.trimEnd())
  if (isTooLarge) process.exitCode = 1
}

async function linesIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  const texts = await Promise.all(files.map(({ parentPath, name }) => readFile(join(parentPath, name), 'utf8')))
  return texts.reduce((lines, text) => lines + text.split('\n').length - 1, 0)
}
