import { expect, test } from 'vitest'
import { LIMITS } from '../../src/domain/limits.ts'
import { concurrently } from '../../src/operations/concurrently.ts'

test('no more work is under way at once than a Worker has connections, and all of it is done', async () => {
  const items = Array.from({ length: 20 }, (_, index) => index)
  const underWay = new Map<number, () => void>()
  let most = 0
  const all = concurrently(items, async (item) => {
    await new Promise<void>((resolve) => {
      underWay.set(item, resolve)
      most = Math.max(most, underWay.size)
    })
    underWay.delete(item)
    return item
  })
  while (underWay.size > 0) {
    const [finish] = underWay.values()
    finish?.()
    // As many turns as it takes for the next item to be begun.
    for (let turn = 0; turn < 5; turn++) await Promise.resolve()
  }
  expect((await all).sort((a, b) => a - b)).toEqual(items)
  expect(most).toBe(LIMITS.concurrentCalls)
})

test('work that fails fails the whole', async () => {
  const work = (item: number) => (item === 3 ? Promise.reject(new Error('three')) : Promise.resolve(item))
  await expect(concurrently([1, 2, 3, 4], work)).rejects.toThrow('three')
})
