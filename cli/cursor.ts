/** Where a listener stopped, kept for each API and key, so that the next one goes on there. */
import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import type { Target } from './target.ts'

const kept = z.object({ after: z.int().min(0) })

export interface Cursor {
  /** The number of the last event that was seen; undefined where nothing was kept. */
  read(): Promise<number | undefined>
  write(after: number): Promise<void>
}

export function cursorOf({ apiUrl, key }: Target, env: Readonly<Record<string, string | undefined>>): Cursor {
  const folder = join(stateFolder(env), 'paybridge')
  const name = createHash('sha256').update(`${apiUrl}\n${key}`).digest('hex').slice(0, 32)
  const path = join(folder, `listen-${name}.json`)
  return {
    async read() {
      try {
        return kept.parse(JSON.parse(await readFile(path, 'utf8'))).after
      } catch {
        return undefined
      }
    },
    async write(after) {
      await mkdir(folder, { recursive: true })
      // Renamed into place: who is killed in between leaves the whole of the one before.
      const draft = `${path}.${process.pid}`
      await writeFile(draft, `${JSON.stringify({ after })}\n`, { mode: 0o600 })
      await rename(draft, path)
    },
  }
}

/** As the XDG Base Directory Specification has it; on Windows the place for what stays on this machine. */
function stateFolder(env: Readonly<Record<string, string | undefined>>): string {
  if (env.XDG_STATE_HOME) return env.XDG_STATE_HOME
  if (process.platform === 'win32' && env.LOCALAPPDATA) return env.LOCALAPPDATA
  return join(homedir(), '.local/state')
}
