/** The ports that the local platform listens at: found before anything is started, so that a taken one costs nothing. */
import { createServer, type Server } from 'node:net'
import { StartRefused } from './start-refused.ts'

/** Everything listens here, and at no other address of this machine. */
export const HOST = '127.0.0.1'

/** 0 takes any free port. */
export interface Ports {
  api: number
  database: number
  /** All simulators are at this one, each below its provider's name. */
  simulators: number
}

export const DEFAULT_PORTS: Readonly<Ports> = { api: 8787, database: 5488, simulators: 4010 }

const WISHES = [
  { name: 'api', use: 'the API', option: '--port' },
  { name: 'database', use: 'the database', option: '--database-port' },
  { name: 'simulators', use: 'the simulators', option: '--simulators-port' },
] as const satisfies { name: keyof Ports; use: string; option: string }[]

/**
 * The ports as wished, with a free one in the place of each 0.
 *
 * @throws StartRefused, naming each port that is taken and the option that changes it
 */
export async function findPorts(wished: Readonly<Ports>): Promise<Ports> {
  const found = { ...wished }
  const taken: TakenPort[] = []
  // All are held until each is found: one that was let go could be found twice.
  await using held = new AsyncDisposableStack()
  for (const { name, use, option } of WISHES) {
    const server = await listen(wished[name])
    if (server === undefined) taken.push({ port: wished[name], use, option })
    else found[name] = portOf(held.use(server))
  }
  if (taken.length > 0) throw new StartRefused(sayTaken(taken))
  return found
}

interface TakenPort {
  port: number
  use: string
  option: string
}

function sayTaken(taken: readonly TakenPort[]): string {
  const sentences = taken.map(
    ({ port, use, option }) => `Port ${port}, for ${use}, is in use already: change it with ${option}.`,
  )
  const options = taken.map(({ port, option }) => `${option} ${port < 65_535 ? port + 1 : 0}`)
  return [...sentences, `For example: npm run dev -- ${options.join(' ')}`].join('\n')
}

/** A server at that port; undefined where somebody listens there. */
function listen(port: number): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    )
    server.listen(port, HOST, () => resolve(server))
  })
}

function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('A server on TCP has a port')
  return address.port
}
