/** A throwaway Postgres comes up whole and leaves nothing, however its owner ends. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startEmbeddedPostgres } from '../../../local/database/embedded-postgres.ts'
import { withSqlSession } from '../../../local/database/sql-session.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'paybridge-embedded-'))
  await chmod(folder, 0o755)
})
afterAll(() => rm(folder, { recursive: true }))

test('it is a Postgres of many connections that leaves nothing when it stops', async () => {
  const postgres = await startEmbeddedPostgres(folder)
  const shown = await withSqlSession(postgres.superuserUrl('postgres'), (session) =>
    session.execute(`SELECT current_setting('max_connections'), current_setting('timezone'), pg_encoding_to_char(encoding)
      FROM pg_database WHERE datname = 'template1'`),
  )
  expect(shown).toEqual([['200', 'UTC', 'UTF8']])
  await postgres.stop()
  expect(await readdir(folder)).toEqual([])
  expect(await accepts(postgres.port)).toBe(false)
})

test('why it does not start is told', async () => {
  await expect(startEmbeddedPostgres(join(folder, 'missing'))).rejects.toThrow('ENOENT')
})

test('it ends, with its data, when the process that started it is killed', async () => {
  const owner = runModule(`process.stdout.write(String((await startEmbeddedPostgres(folder)).port))`)
  const [port] = await once(owner.stdout, 'data')
  const [dataFolder = ''] = await readdir(folder)
  expect(await accepts(Number(port))).toBe(true)
  owner.kill('SIGKILL')
  await expect.poll(() => accepts(Number(port)), { timeout: 10_000 }).toBe(false)
  await expect.poll(() => existsSync(join(folder, dataFolder)), { timeout: 10_000 }).toBe(false)
})

test('it leaves the exit code to the process that started it', async () => {
  const owner = runModule(`const postgres = await startEmbeddedPostgres(folder)
    process.exitCode = 7
    await postgres.stop()`)
  expect(await once(owner, 'exit')).toEqual([7, null])
})

/** Another process, in which the module is at hand. */
function runModule(body: string) {
  const module = join(import.meta.dirname, '../../../local/database/embedded-postgres.ts')
  const script = `const [module, folder] = process.argv.slice(1)
    const { startEmbeddedPostgres } = await import(module)
    ${body}`
  return spawn(process.execPath, ['--input-type=module', '--eval', script, module, folder])
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
