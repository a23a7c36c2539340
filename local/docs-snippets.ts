/**
 * `npm run docs-snippets`: puts the files of `docs/snippets/` where the docs page is made from. The Worker reads no files,
 * and each of its builders and test runners would take other words to bundle text; a module is the same to all.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')

const FILES = ['verify.mjs', 'verify.py', 'verify_without_library.py', 'verify.php', 'verify.go']

export async function snippetsModule(): Promise<string> {
  const entries = await Promise.all(
    FILES.map(async (file) => {
      const text = await readFile(join(ROOT, 'docs/snippets', file), 'utf8')
      return `  '${file}': \`${text.replaceAll(/[\\`]|\$\{/g, '\\$&')}\`,\n`
    }),
  )
  return (
    '/** Made from `docs/snippets/` by `npm run docs-snippets`: change those files. */\n\n' +
    `export const SNIPPETS = {\n${entries.join('')}} as const\n`
  )
}

if (import.meta.main) await writeFile(join(ROOT, 'src/http/docs-snippets.ts'), await snippetsModule())
