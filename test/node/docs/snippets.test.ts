/** The docs page shows the files that `real-delivery.test.ts` runs, and no others. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { snippetsModule } from '../../../local/docs-snippets.ts'
import { SNIPPETS } from '../../../src/http/docs-snippets.ts'

const ROOT = join(import.meta.dirname, '../../..')
const FOLDER = join(ROOT, 'docs/snippets')
const onDisk = Object.fromEntries(readdirSync(FOLDER).map((file) => [file, readFileSync(join(FOLDER, file), 'utf8')]))

test('the module that the page is made from is the files: `npm run docs-snippets` brings it up to date', async () => {
  expect(SNIPPETS).toEqual(onDisk)
  expect(readFileSync(join(ROOT, 'src/http/docs-snippets.ts'), 'utf8')).toBe(await snippetsModule())
})
