/** Which API the command line asks, and as whom. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findTarget } from '../../../cli/target.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'paybridge-cli-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** What `npm run dev` leaves there. */
async function leave(apiUrl?: string): Promise<void> {
  await writeFile(join(folder, 'settings.json'), JSON.stringify({ sealingKeys: 'x', demoApiKey: 'pb_test_demo' }))
  if (apiUrl !== undefined) await writeFile(join(folder, 'running.json'), JSON.stringify({ pid: 1, apiUrl }))
}

const HERE = 'http://127.0.0.1:8787'

test('without a word it is the local platform, with the demo merchant’s key', async () => {
  await leave()
  expect(await findTarget({}, {}, folder)).toEqual({ apiUrl: HERE, key: 'pb_test_demo' })
})

test('a platform that runs on another port is found', async () => {
  await leave('http://127.0.0.1:9000')
  expect(await findTarget({}, {}, folder)).toEqual({ apiUrl: 'http://127.0.0.1:9000', key: 'pb_test_demo' })
})

test('what is said goes before the environment, and that before the platform', async () => {
  await leave()
  const env = { PAYBRIDGE_API_URL: 'https://env.example.com', PAYBRIDGE_API_KEY: 'pb_test_env' }
  expect(await findTarget({}, env, folder)).toEqual({ apiUrl: 'https://env.example.com', key: 'pb_test_env' })
  const said = { apiUrl: 'https://said.example.com/', key: 'pb_live_said' }
  expect(await findTarget(said, env, folder)).toEqual({ apiUrl: 'https://said.example.com', key: 'pb_live_said' })
})

test('the demo merchant’s key is shown to no other host', async () => {
  await leave()
  const elsewhere = findTarget({ apiUrl: 'https://api.example.com' }, {}, folder)
  await expect(elsewhere).rejects.toMatchObject({ code: 'misused', exitCode: 2 })
})

test.each([
  ['no key', {}, 'There is no API key for http://127.0.0.1:8787'],
  ['no key of ours', { key: 'sk_test_x' }, 'That is no API key'],
  ['no address', { apiUrl: 'localhost:8787', key: 'pb_test_x' }, '"localhost:8787" is not the address of an API'],
])('%s is told', async (_, said, message) => {
  await expect(findTarget(said, {}, folder)).rejects.toThrow(message)
})
