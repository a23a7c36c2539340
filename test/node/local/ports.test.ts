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
  { name: 'paystack', use: 'the Paystack simulator', option: '--paystack-port' },
])('a taken port for $use is told with the option $option', async ({ name, use, option }) => {
  const port = await take(0)
  const refusal = findPorts({ api: 0, database: 0, paystack: 0, [name]: port })
  await expect(refusal).rejects.toThrow(
    `Port ${port}, for ${use}, is in use already: change it with ${option}.\nFor example: npm run dev -- ${option} ${port + 1}`,
  )
})

test('all ports that are taken are told at once', async () => {
  const [api, paystack] = [await take(0), await take(0)]
  const refusal = findPorts({ api, database: 0, paystack })
  await expect(refusal).rejects.toThrow(`npm run dev -- --port ${api + 1} --paystack-port ${paystack + 1}`)
})

test('0 becomes a free port, another one for each', async () => {
  const { api, database, paystack } = await findPorts({ api: 0, database: 0, paystack: 0 })
  expect(new Set([0, api, database, paystack]).size).toBe(4)
  for (const port of [api, database, paystack]) await take(port)
})
