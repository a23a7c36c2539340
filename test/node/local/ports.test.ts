/** The ports of the local platform: a taken one is told with the option that changes it, before anything is started. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { findPorts, HOST } from '../../../local/platform/ports.ts'

const held: Server[] = []
afterEach(async () => {
  for (const server of held.splice(0)) await server[Symbol.asyncDispose]()
})

async function take(port: number): Promise<number> {
  const server = createServer().listen(port, HOST)
  held.push(server)
  await once(server, 'listening')
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : port
}

test.each([
  { name: 'api', use: 'the API', option: '--port' },
  { name: 'database', use: 'the database', option: '--database-port' },
  { name: 'simulators', use: 'the simulators', option: '--simulators-port' },
])('a taken port for $use is told with the option $option', async ({ name, use, option }) => {
  const port = await take(0)
  const refusal = findPorts({ api: 0, database: 0, simulators: 0, [name]: port })
  await expect(refusal).rejects.toThrow(
    `Port ${port}, for ${use}, is in use already: change it with ${option}.\nFor example: npm run dev -- ${option} ${port + 1}`,
  )
})

test('all ports that are taken are told at once', async () => {
  const [api, simulators] = [await take(0), await take(0)]
  const refusal = findPorts({ api, database: 0, simulators })
  await expect(refusal).rejects.toThrow(`npm run dev -- --port ${api + 1} --simulators-port ${simulators + 1}`)
})

test('0 becomes a free port, another one for each', async () => {
  const { api, database, simulators } = await findPorts({ api: 0, database: 0, simulators: 0 })
  expect(new Set([0, api, database, simulators]).size).toBe(4)
  for (const port of [api, database, simulators]) await take(port)
})
