/** Which API is asked, as whom: what was said, else the environment, else the local platform of this checkout. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { misused } from './failure.ts'

export interface Target {
  /** Without a slash at its end. */
  apiUrl: string
  key: string
}

/** Where `npm run dev` keeps what it made. */
export const PLATFORM_FOLDER = join(import.meta.dirname, '../.paybridge')

/** Where `npm run dev` listens unless it is told otherwise. */
const LOCAL_API_URL = 'http://127.0.0.1:8787'

const running = z.object({ apiUrl: z.url() })
const settings = z.object({ demoApiKey: z.string() })

/** @throws Failure where there is no key, or what was said is no address */
export async function findTarget(
  said: { apiUrl?: string | undefined; key?: string | undefined },
  env: Readonly<Record<string, string | undefined>>,
  platformFolder: string,
): Promise<Target> {
  const localUrl = (await read(join(platformFolder, 'running.json'), running))?.apiUrl ?? LOCAL_API_URL
  const apiUrl = readUrl(said.apiUrl ?? env.PAYBRIDGE_API_URL ?? localUrl)
  const key = said.key ?? env.PAYBRIDGE_API_KEY
  if (key !== undefined) return { apiUrl, key: readKey(key) }
  // The demo merchant's key is shown to no other host.
  const demo = apiUrl === localUrl ? await read(join(platformFolder, 'settings.json'), settings) : undefined
  if (demo !== undefined) return { apiUrl, key: demo.demoApiKey }
  throw misused(
    `There is no API key for ${apiUrl}: pass --key or set PAYBRIDGE_API_KEY. "npm run dev" makes one for the local platform.`,
  )
}

function readUrl(text: string): string {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) throw misused(`"${text}" is not the address of an API.`)
  return text.replace(/\/+$/, '')
}

function readKey(text: string): string {
  if (/^pb_(test|live)_\w+$/.test(text)) return text
  throw misused('That is no API key: they begin with pb_test_ or pb_live_.')
}

/** Undefined where the file is not there, or not of this form. */
async function read<T>(path: string, form: z.ZodType<T>): Promise<T | undefined> {
  try {
    return form.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch {
    return undefined
  }
}
