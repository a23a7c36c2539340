/**
 * `npm run docs-assets`: copies what the docs page loads out of its package, so that Workers Assets serve it from the
 * API's own origin. The folder is git-ignored; this runs before everything that needs it.
 */
import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const folder = join(import.meta.dirname, '../public/docs-assets')
const swaggerUi = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))

/**
 * The page's policy allows no inline script. Without `validatorUrl: null` Swagger UI asks a service of its own. It takes
 * the part of the address behind `#` for an operation of its own, so an anchor of the page is gone to once it is done.
 */
const START = `const anchor = location.hash
SwaggerUIBundle({
  url: '/api/schema/',
  dom_id: '#docs',
  validatorUrl: null,
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  onComplete: () => {
    if (anchor.startsWith('#problem')) location.replace(anchor)
  },
})
`

export async function writeDocsAssets(): Promise<void> {
  await mkdir(folder, { recursive: true })
  const copies = ['swagger-ui.css', 'swagger-ui-bundle.js'].map((name) =>
    copyFile(join(swaggerUi, name), join(folder, name)),
  )
  await Promise.all([...copies, writeFile(join(folder, 'start.js'), START)])
}

if (import.meta.main) await writeDocsAssets()
