/** The throughput of each operation as bars, against both floors, as an SVG that reads on white and on black. */
import type { Figure } from './figure.ts'

const [LABEL, WIDTH, ROW, BAR, TOP] = [130, 480, 44, 14, 52]
const MARGIN = 60
const SCALE_MAX = 1.2
const x = (ratio: number): number => LABEL + (Math.min(ratio, SCALE_MAX) / SCALE_MAX) * WIDTH

interface Bar {
  name: string
  toFloor: Figure
  toSelect1: Figure | undefined
}

export function plot(figures: readonly Figure[]): string {
  const bars = figures.flatMap((figure): Bar[] => {
    const [, name] = /^(.+): throughput to the floor$/.exec(figure.what) ?? []
    const toSelect1 = figures.find(({ what }) => what === `${name}: throughput to select 1`)
    return name === undefined ? [] : [{ name, toFloor: figure, toSelect1 }]
  })
  const height = TOP + bars.length * ROW + 30
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${LABEL + WIDTH + MARGIN} ${height}" font-family="sans-serif" font-size="12" fill="#777">
<title>Throughput of the Worker to the floor's</title>
${legend()}
${[0, 0.25, 0.5, 0.75, 1].map((ratio) => gridLine(ratio, height)).join('\n')}
${bars.map((bar, at) => barsOf(bar, TOP + at * ROW)).join('\n')}
</svg>
`
}

const COLORS = { floor: '#2f6fde', select1: '#93a4bd', target: '#d9480f' }

const legend = (): string =>
  [
    [COLORS.floor, 'to the floor: the same statements, nothing else'],
    [COLORS.select1, 'to select 1: not even the statements'],
  ]
    .map(
      ([color, words], at) =>
        `<rect x="${LABEL + at * 280}" y="8" width="12" height="12" fill="${color}"/><text x="${LABEL + 18 + at * 280}" y="18">${words}</text>`,
    )
    .join('\n')

const gridLine = (ratio: number, height: number): string =>
  `<path d="M${x(ratio)} ${TOP - 14}V${height - 22}" stroke="#7774"/><text x="${x(ratio)}" y="${height - 8}" text-anchor="middle">${ratio}</text>`

function barsOf({ name, toFloor, toSelect1 }: Bar, y: number): string {
  const bar = (figure: Figure, top: number, color: string) => {
    const mark =
      figure.target === undefined
        ? ''
        : `<path d="M${x(figure.target.value)} ${top - 2}v${BAR + 4}" stroke="${COLORS.target}" stroke-width="2"/>`
    const width = x(figure.value) - LABEL
    return `<rect x="${LABEL}" y="${top}" width="${width.toFixed(1)}" height="${BAR}" fill="${color}"/><text x="${LABEL + width + 6}" y="${top + 11}">${figure.value.toFixed(2)}</text>${mark}`
  }
  const second = toSelect1 === undefined ? '' : bar(toSelect1, y + BAR + 2, COLORS.select1)
  return `<text x="${LABEL - 8}" y="${y + 20}" text-anchor="end">${name}</text>${bar(toFloor, y, COLORS.floor)}${second}`
}
