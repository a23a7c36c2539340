import { expect, test } from 'vitest'
import { fraction } from '../../src/domain/random.ts'

test.each([
  [[0, 0, 0, 0], 0],
  [[0, 0, 0, 1], 2 ** -32],
  [[64, 0, 0, 0], 0.25],
  [[128, 0, 0, 0], 0.5],
  [[255, 255, 255, 255], 1 - 2 ** -32],
])('the bytes %j are the fraction %d', (bytes, expected) => {
  expect(fraction((length) => Uint8Array.from(bytes.slice(0, length)))).toBe(expected)
})
