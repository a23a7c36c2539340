/** The list of planted faults doesn't rot: each can still be planted, and names tests that are there. */

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { plant } from '../../planted/fault.ts'
import { FAULTS } from '../../planted/faults.ts'
import { judge, type Results } from '../../planted/tests.ts'

const ROOT = join(import.meta.dirname, '../..')

test('there are many faults, each with a name of its own', () => {
  expect(new Set(FAULTS.map(({ name }) => name)).size).toBe(FAULTS.length)
  expect(FAULTS.length).toBeGreaterThanOrEqual(40)
})

describe.each(FAULTS)('$name', (fault) => {
  test('stands in one place of what is shipped, and changes it', () => {
    expect(fault.file).toMatch(/^(src|migrations)\//)
    const sound = readFileSync(join(ROOT, fault.file), 'utf8')
    expect(plant(fault, sound)).not.toBe(sound)
  })

  test('says in a line what comes of it', () => {
    expect(fault.why).toMatch(/^[^\n]{20,120}\.$/)
  })

  test('names tests that are there', () => {
    expect(fault.tests.length).toBeGreaterThan(0)
    expect(fault.tests.filter((path) => !/^test\/.+\.test\.ts$/.test(path) || !existsSync(join(ROOT, path)))).toEqual(
      [],
    )
  })
})

describe('a fault', () => {
  const ran = (status: string, failureMessages: string[] = []): Results => ({
    testResults: [
      {
        name: '/tree/test/domain/money.test.ts',
        status,
        message: '',
        assertionResults: [{ fullName: 'a rule', status, failureMessages }],
      },
    ],
  })
  const caught = { kind: 'caught', file: 'test/domain/money.test.ts', test: 'a rule' }

  test.each([
    ['an assertion that failed', 'AssertionError: expected 1n to be 2n', 'assertion'],
    ['the database’s refusal', 'DatabaseError: new row violates check constraint', 'error'],
  ])('is caught by %s', (_what, message, by) => {
    expect(judge({ results: ran('failed', [message]), output: '' })).toEqual({ ...caught, by })
  })

  test.each<[string, Results | undefined]>([
    ['the run came to no results', undefined],
    ['no test ran', ran('skipped')],
    [
      'a file could not be loaded',
      { testResults: [{ name: 'x', status: 'failed', message: 'no', assertionResults: [] }] },
    ],
    ['it is no program', ran('failed', ['SyntaxError: Unexpected token'])],
    ['it is no SQL', ran('failed', ['error: column "amuont" does not exist'])],
    ['a test took too long', ran('failed', ['TestTimeoutError: Test timed out in 30000ms.'])],
  ])('has broken the run, and is not caught, where %s', (_what, results) => {
    expect(judge({ ...(results && { results }), output: '' }).kind).toBe('broke')
  })

  test('is missed where every test passes', () => {
    expect(judge({ results: ran('passed'), output: '' })).toEqual({ kind: 'missed' })
  })
})
