/** A data folder belongs to one platform at a time, and says which. */
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findRunning, takeFolder } from '../../../local/platform/running.ts'

const ADDRESSES = { apiUrl: 'http://127.0.0.1:8787', simulatorsUrl: 'http://127.0.0.1:4010' }

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'paybridge-test-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** As a process leaves it that was killed. */
const leaveBehind = (pid: number) => writeFile(join(folder, 'running.json'), JSON.stringify({ pid, ...ADDRESSES }))

test('whoever has the folder is found, until it is given back', async () => {
  expect(await findRunning(folder)).toBeUndefined()
  const taken = await takeFolder(folder, ADDRESSES)
  expect(await findRunning(folder)).toEqual({ pid: process.pid, ...ADDRESSES })
  await taken[Symbol.asyncDispose]()
  expect(await findRunning(folder)).toBeUndefined()
})

test('a folder that a living process has is refused, with its address and process', async () => {
  await leaveBehind(process.pid)
  await expect(takeFolder(folder, ADDRESSES)).rejects.toThrow(`${ADDRESSES.apiUrl}, process ${process.pid}`)
})

test('what a dead process left behind is no hindrance', async () => {
  const { pid } = spawnSync(process.execPath, ['--version'])
  await leaveBehind(pid)
  expect(await findRunning(folder)).toBeUndefined()
  await takeFolder(folder, ADDRESSES)
  expect(await findRunning(folder)).toMatchObject({ pid: process.pid })
})
