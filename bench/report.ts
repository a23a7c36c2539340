/** The figures as a table on a terminal, with the target beside each, and as JSON. */
import { styleText } from 'node:util'
import { type Figure, holds } from './figure.ts'

const DIGITS: Readonly<Record<Figure['unit'], number>> = { ratio: 2, ms: 1, KB: 1, MB: 1, count: 0 }

/** `0.81`, `4.2 ms`. */
export function valueText({ value, unit }: Pick<Figure, 'value' | 'unit'>): string {
  const digits = value.toFixed(DIGITS[unit])
  return unit === 'ratio' || unit === 'count' ? digits : `${digits} ${unit}`
}

export function targetText({ target, unit }: Figure): string {
  return target === undefined ? '' : `${target.is} ${valueText({ value: target.value, unit })}`
}

export function table(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => [
    figure.what,
    valueText(figure),
    targetText(figure),
    verdict(figure),
    figure.note ?? '',
  ])
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  return rows
    .map(([what = '', value = '', target = '', said = '', note = ''], at) => {
      const color = said === 'missed' ? 'red' : 'green'
      const cells = [what.padEnd(widths[0] ?? 0), value.padStart(widths[1] ?? 0), target.padEnd(widths[2] ?? 0)]
      const isNew = at > 0 && subjectOf(figures[at - 1]) !== subjectOf(figures[at])
      return `${isNew ? '\n' : ''}${cells.join('  ')}  ${styleText(color, said.padEnd(widths[3] ?? 0))}  ${styleText('dim', note)}`
    })
    .join('\n')
}

const verdict = (figure: Figure): string => (figure.target === undefined ? '' : holds(figure) ? 'holds' : 'missed')

/** What a figure is of: the words before its colon. */
const subjectOf = (figure: Figure | undefined): string | undefined => figure?.what.split(':', 1)[0]

/** How many targets there are, and how many are missed. */
export function summary(figures: readonly Figure[]): string {
  const targeted = figures.filter(({ target }) => target !== undefined)
  const missed = targeted.filter((figure) => !holds(figure))
  return `${targeted.length} targets, ${missed.length} missed${missed.map(({ what }) => `\n  ${what}`).join('')}`
}
