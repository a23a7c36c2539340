/** How many cases apply to each provider and which are left out for want of what. */

import { describe, expect, test } from 'vitest'
import { type Theme, wanting } from './case.ts'
import { loadSubjects, type Subject } from './subject.ts'
import { THEMES } from './themes.ts'

/** No provider is held to fewer. */
const APPLYING_MIN = 120

const subjects = await loadSubjects()

describe.each(subjects)('$name', (subject) => {
  const all = Object.values(THEMES).flatMap((theme) => [...theme(subject)])
  const applying = all.filter((one) => wanting(one, subject).length === 0)

  test('enough cases apply', () => {
    expect(applying.length).toBeGreaterThanOrEqual(APPLYING_MIN)
  })

  test('no two cases have one name', () => {
    const names = all.map(({ name }) => name)
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
  })
})

test('the count is told', () => {
  const columns = subjects.map(({ name }) => name)
  const counts = Object.entries(THEMES).map(([theme, cases]) => [theme, ...subjects.map((one) => countOf(cases, one))])
  const totals = subjects.map((one) => Object.values(THEMES).reduce((sum, cases) => sum + countOf(cases, one), 0))
  const table = [['', ...columns], ...counts, ['in all', ...totals]].map((row) =>
    row.map((cell, index) => (index === 0 ? String(cell).padEnd(22) : String(cell).padStart(13))).join(''),
  )
  console.log([...table, '', ...subjects.flatMap(leftOutOf)].join('\n'))
  expect(Math.min(...totals)).toBeGreaterThanOrEqual(APPLYING_MIN)
})

function countOf(theme: Theme, subject: Subject): number {
  return theme(subject).filter((one) => wanting(one, subject).length === 0).length
}

function leftOutOf(subject: Subject): string[] {
  const wants = Object.values(THEMES).flatMap((theme) => theme(subject).flatMap((one) => wanting(one, subject)))
  const byWhat = Map.groupBy(wants, (what) => what)
  return [...byWhat].map(([what, { length }]) => `${subject.name}: ${length} left out for want of ${what}`)
}
