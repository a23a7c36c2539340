import { expect, test, vi } from 'vitest'
import { caller, createWorld } from '../../support/world.ts'
const scrypt = vi.hoisted(() => ({ runs: 0 }))
vi.mock('node:crypto', async (importOriginal) => {
  const original = await importOriginal<{ scrypt: (...rest: unknown[]) => void }>()
  return {
    ...original,
    scrypt(...rest: unknown[]) {
      scrypt.runs += 1
      return original.scrypt(...rest)
    },
  }
})
test('x', async () => {
  const world = await createWorld('x')
  const a = await caller(world.app, undefined).post('/api/v1/auth/token/', {email: 'a@b.test', password: 'x'})
  console.log(a.status, a.body, scrypt.runs)
})
