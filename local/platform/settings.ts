/**
 * What an installation makes for itself on its first run and keeps: the keys that its data is sealed and signed with, and
 * the passwords of the roles. They protect nothing but a laptop's play data, so a file beside the data is good enough.
 */
import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

const settings = z.strictObject({
  /** Key rings as in `.dev.vars.example`. */
  sealingKeys: z.string(),
  tokenKeys: z.string(),
  rolePasswords: z.strictObject({ paybridge_api: z.string(), paybridge_worker: z.string() }),
  /** Of the demo merchant, once it is seeded. */
  demoApiKey: z.string().optional(),
})

export type LocalSettings = z.infer<typeof settings>

/** Reads the folder's settings, which are made where there are none. */
export async function readSettings(folder: string): Promise<LocalSettings> {
  const text = await readFile(pathIn(folder), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (text !== undefined) return settings.parse(JSON.parse(text))
  const made: LocalSettings = {
    sealingKeys: newKeyRing(),
    tokenKeys: newKeyRing(),
    rolePasswords: { paybridge_api: newPassword(), paybridge_worker: newPassword() },
  }
  await saveSettings(folder, made)
  return made
}

export async function saveSettings(folder: string, changed: LocalSettings): Promise<void> {
  await writeFile(pathIn(folder), `${JSON.stringify(changed, null, 2)}\n`, { mode: 0o600 })
}

const pathIn = (folder: string): string => join(folder, 'settings.json')

const newKeyRing = (): string => `local:${randomBytes(32).toString('base64')}`

/** Of characters that mean nothing in a URL. */
const newPassword = (): string => randomBytes(24).toString('hex')
