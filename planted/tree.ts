/** Copies of the tree, in which faults can be planted while nothing happens to the real one. */
import { execFileSync } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, readFile, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type Fault, plant } from './fault.ts'

const ROOT = join(import.meta.dirname, '..')

export interface Tree {
  folder: string
  /** Does the work with the fault planted, and takes it out again. */
  withFault<T>(fault: Fault, work: () => Promise<T>): Promise<T>
}

/** Our own files as they lie there now, with the same packages and the docs page's assets. Removed with the process. */
export async function copyTree(): Promise<Tree> {
  const folder = await mkdtemp(join(tmpdir(), 'paybridge-planted-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 9 }))
  const paths = ourFiles()
  for (const parent of new Set(paths.map(dirname))) await mkdir(join(folder, parent), { recursive: true })
  await Promise.all(paths.map((path) => copyFile(join(ROOT, path), join(folder, path))))
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  execFileSync(process.execPath, ['local/docs-assets.ts'], { cwd: folder })
  return {
    folder,
    async withFault(fault, work) {
      const path = join(folder, fault.file)
      const sound = await readFile(path, 'utf8')
      await writeFile(path, plant(fault, sound))
      try {
        return await work()
      } finally {
        await writeFile(path, sound)
      }
    },
  }
}

/** What git tracks, or would. */
function ourFiles(): string[] {
  const listed = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
  const paths = execFileSync('git', listed, { cwd: ROOT, encoding: 'utf8' }).split('\0')
  return paths.filter((path) => path !== '' && existsSync(join(ROOT, path)))
}
