/**
 * `npm run bench:scale`: a page of each list, by every combination of its filters, in a database with ten million
 * transactions to one with ten thousand. `-- --share 0.01` takes a hundredth of the ten million; `--json` prints every page.
 */
import { parseArgs, styleText } from 'node:util'
import { holds } from '../figure.ts'
import { figuresOf, measurePages } from './measure.ts'

const { values: options } = parseArgs({
  options: { share: { type: 'string', default: '1' }, json: { type: 'boolean', default: false } },
})

const began = performance.now()
const pages = await measurePages({ share: Number(options.share), tell: (line) => console.error(line) })
const figures = figuresOf(pages)
if (options.json) console.log(JSON.stringify({ figures, pages }))
else {
  for (const figure of figures) {
    const verdict = holds(figure) ? styleText('green', 'holds') : styleText('red', 'misses')
    console.log(`${figure.value.toFixed(2).padStart(6)}  ${verdict}  ${figure.what}\n        ${figure.note}`)
  }
  const worst = Math.max(...pages.map(({ ratio }) => ratio))
  console.log(
    `\n${pages.length} pages, the worst at ${worst.toFixed(2)}; ${((performance.now() - began) / 1000).toFixed(0)} s`,
  )
}
process.exitCode = figures.every(holds) ? 0 : 1
