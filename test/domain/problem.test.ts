import { describe, expect, test } from 'vitest'
import { done, isProblemCode, PROBLEMS, refused } from '../../src/domain/problem.ts'

describe('a problem', () => {
  test.each(Object.entries(PROBLEMS))('%s has a code, a status and a title that can be relied on', (code, problem) => {
    expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/)
    expect(code.length).toBeLessThanOrEqual(60)
    expect(Number.isInteger(problem.status)).toBe(true)
    expect(problem.status).toBeGreaterThanOrEqual(400)
    expect(problem.status).toBeLessThanOrEqual(599)
    expect(problem.title).toMatch(/^[A-Z].*[^.]\.$/)
  })

  test('has a title of its own', () => {
    const titles = Object.values(PROBLEMS).map(({ title }) => title)
    expect(new Set(titles).size).toBe(titles.length)
  })

  test.each([
    ['not_found', true],
    ['NOT_FOUND', false],
    ['', false],
    ['constructor', false],
    ['__proto__', false],
  ])('is recognised by its code: %s is %s', (code, isOne) => {
    expect(isProblemCode(code)).toBe(isOne)
  })
})

describe('an outcome', () => {
  test('is what was made, or why it was refused', () => {
    expect(done(7)).toEqual({ ok: true, value: 7 })
    expect(refused('not_found')).toEqual({ ok: false, problem: { code: 'not_found' } })
    expect(refused('rate_limited', { retryAfter: 30 })).toEqual({
      ok: false,
      problem: { code: 'rate_limited', retryAfter: 30 },
    })
  })
})
