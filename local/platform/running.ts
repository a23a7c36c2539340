/**
 * Who runs on a data folder, and where to reach it. The file is a lock, because two processes on one PGlite folder
 * destroy it, and a sign for `npm run demo`, which uses a platform that runs already.
 */
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { StartRefused } from './start-refused.ts'

const running = z.strictObject({ pid: z.int(), apiUrl: z.url(), simulatorsUrl: z.url() })

export type Running = z.infer<typeof running>

/**
 * Takes the folder for this process, until the answer is disposed of.
 *
 * @throws StartRefused where another process has it
 */
export async function takeFolder(folder: string, addresses: Omit<Running, 'pid'>): Promise<AsyncDisposable> {
  const text = JSON.stringify({ pid: process.pid, ...addresses })
  try {
    await writeFile(pathIn(folder), text, { flag: 'wx' })
  } catch (error) {
    const other = await findRunning(folder)
    if (other !== undefined) throw new StartRefused(sayInUse(folder, other))
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    // Left behind by a process that was killed.
    await writeFile(pathIn(folder), text)
  }
  return { [Symbol.asyncDispose]: () => rm(pathIn(folder), { force: true }) }
}

/** The platform that runs on this folder; undefined where none does. */
export async function findRunning(folder: string): Promise<Running | undefined> {
  const text = await readFile(pathIn(folder), 'utf8').catch(() => undefined)
  const found = running.safeParse(text === undefined ? undefined : parseJson(text)).data
  return found !== undefined && isAlive(found.pid) ? found : undefined
}

const sayInUse = (folder: string, { pid, apiUrl }: Running): string =>
  `The local platform runs on ${folder} already: ${apiUrl}, process ${pid}. End it first.\n` +
  `If process ${pid} is something else, delete ${pathIn(folder)}.`

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    // Somebody else's process is alive, too.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const pathIn = (folder: string): string => join(folder, 'running.json')
