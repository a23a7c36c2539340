/** The figures as `docs/performance.md` shows them: a table between its markers, and a plot beside it. */
import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Figure, holds } from './figure.ts'
import { plot } from './plot.ts'
import { targetText, valueText } from './report.ts'

const DOCS = join(import.meta.dirname, '../docs')
const BIOME = createRequire(import.meta.url).resolve('@biomejs/biome/bin/biome')
const TABLE = /(<!-- figures -->\n)[\s\S]*(<!-- \/figures -->)/

export async function writeDocs(figures: readonly Figure[]): Promise<void> {
  const page = join(DOCS, 'performance.md')
  const text = await readFile(page, 'utf8')
  if (!TABLE.test(text)) throw new Error(`${page} has no place for the figures`)
  await writeFile(
    page,
    text.replace(TABLE, (_, before, after) => `${before}\n${markdownTable(figures)}\n\n${after}`),
  )
  await writeFile(join(DOCS, 'performance.svg'), plot(figures))
  await promisify(execFile)(process.execPath, [BIOME, 'format', '--write', page])
}

function markdownTable(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => [
    figure.what,
    valueText(figure),
    targetText(figure),
    figure.target === undefined ? '' : holds(figure) ? 'holds' : '**missed**',
  ])
  const lines = [['What', 'Figure', 'Target', ''], ['---', '--:', '---', '---'], ...rows]
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}
