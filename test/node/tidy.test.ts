/** House rules as a test: who may import whom, and no file that nobody needs. */

import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')

/** Each folder of src, and the folders that it may import besides itself and domain. */
const MAY_IMPORT: Record<string, string[]> = {
  domain: [],
  crypto: [],
  providers: ['crypto'],
  db: ['crypto'],
  operations: ['crypto', 'providers', 'db'],
  http: ['crypto', 'providers', 'db', 'operations', 'env.ts'],
  platform: ['db', 'operations', 'env.ts'],
  'env.ts': ['crypto'],
  'worker.ts': ['env.ts', 'http', 'operations', 'platform'],
}

/** http knows the database's types for callers and pages, and never its statements. */
const HTTP_FROM_DB = ['src/db/gate.ts', 'src/db/statements/page.ts']

/** Files that nothing imports because the platform or a person starts there. */
const ENTRIES = [
  'src/worker.ts',
  'local/main.ts',
  'local/migrate.ts',
  'local/demo/main.ts',
  'local/docs-assets.ts',
  'local/providers-size.ts',
  'local/database/embedded-postgres-process.ts',
  'test/support/secrets-hooks.ts',
  'test/support/worker.ts',
  'cli/main.ts',
  'sim/main.ts',
]

/** The third shows merchants code of theirs, and runs none of it. */
const MAY_READ = ['src/env.ts', 'src/platform/clock.ts', 'src/http/docs-snippets.ts']

interface Import {
  from: string
  to: string
}

const sources = ['src', 'local', 'cli', 'sim', 'test']
  .flatMap((folder) => globSync(`${folder}/**/*.ts`, { cwd: ROOT }))
  .sort()

const imports: Import[] = sources.flatMap((from) => {
  const text = readFileSync(join(ROOT, from), 'utf8')
  const specifiers = [...text.matchAll(/(?:from|import)\s*\(?'(\.{1,2}\/[^']+)'/g)].map(
    ([, specifier]) => specifier ?? '',
  )
  return specifiers.map((specifier) => ({ from, to: normalize(join(dirname(from), specifier)) }))
})

const folderOf = (path: string): string => path.split('/')[1] ?? ''

describe('imports', () => {
  test('folders of src import only what lies below them', () => {
    const wrong = imports.filter(({ from, to }) => {
      if (!from.startsWith('src/') || !to.startsWith('src/')) return false
      const folder = folderOf(from)
      const target = folderOf(to)
      return target !== folder && target !== 'domain' && !MAY_IMPORT[folder]?.includes(target)
    })
    expect(wrong).toEqual([])
  })

  test('every folder of src has its rule', () => {
    const folders = new Set(sources.filter((path) => path.startsWith('src/')).map(folderOf))
    expect([...folders].filter((folder) => MAY_IMPORT[folder] === undefined)).toEqual([])
  })

  test('http takes no statement from the database', () => {
    const wrong = imports.filter(
      ({ from, to }) => from.startsWith('src/http/') && to.startsWith('src/db/') && !HTTP_FROM_DB.includes(to),
    )
    expect(wrong).toEqual([])
  })

  test('what is shipped imports nothing of the local platform or the tests', () => {
    expect(imports.filter(({ from, to }) => from.startsWith('src/') && !to.startsWith('src/'))).toEqual([])
  })

  test('the command line knows the API by HTTP alone: it imports nothing but itself', () => {
    expect(imports.filter(({ from, to }) => from.startsWith('cli/') && !to.startsWith('cli/'))).toEqual([])
  })

  test('a simulator imports nothing of ours: a shared mistake would be invisible', () => {
    const wrong = imports.filter(
      ({ from, to }) => from.startsWith('local/simulators/') && !to.startsWith('local/simulators/'),
    )
    expect(wrong).toEqual([])
  })

  test('a provider knows nothing of another provider', () => {
    const ofProvider = (path: string) => /^src\/providers\/(?!kit\/)(\w+)\//.exec(path)?.[1]
    const wrong = imports.filter(({ from, to }) => {
      const [one, other] = [ofProvider(from), ofProvider(to)]
      return one !== undefined && other !== undefined && one !== other
    })
    expect(wrong).toEqual([])
  })
})

describe('files', () => {
  test('nothing lies about that nobody imports', () => {
    const imported = new Set(imports.map(({ to }) => to))
    const idle = sources.filter(
      (path) => !imported.has(path) && !ENTRIES.includes(path) && !/\.test\.ts$|\.d\.ts$|global-setup\.ts$/.test(path),
    )
    expect(idle).toEqual([])
  })

  test('every entry is there', () => {
    expect(ENTRIES.filter((path) => !sources.includes(path))).toEqual([])
  })

  test('nothing reads the environment but env.ts, and the clock but platform/clock.ts', () => {
    const wrong = sources.filter((path) => {
      if (!path.startsWith('src/') || MAY_READ.includes(path)) return false
      return /process\.env|Date\.now\(|new Date\(\)|Math\.random|crypto\.randomUUID/.test(
        readFileSync(join(ROOT, path), 'utf8'),
      )
    })
    expect(wrong).toEqual([])
  })
})
