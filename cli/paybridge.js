#!/usr/bin/env node
/**
 * Where the command line starts, in plain JavaScript: the rest is TypeScript, which this Node may be too old to run. It
 * then hands over to the project's own, which `npm install` has brought.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

if (process.features.typescript) await import('./main.ts')
else handOver()

function handOver() {
  const places = ['node', 'node.exe'].map((name) =>
    fileURLToPath(new URL(`../node_modules/node/bin/${name}`, import.meta.url)),
  )
  const node = places.find((place) => existsSync(place))
  if (node === undefined) {
    console.error('paybridge needs the Node that comes with it: run "npm install" in its folder first.')
    process.exitCode = 1
    return
  }
  const child = spawn(node, [fileURLToPath(new URL('main.ts', import.meta.url)), ...process.argv.slice(2)], {
    stdio: 'inherit',
  })
  // This one stays until the other has ended. A terminal sends Ctrl-C to both, so that it may hear it twice.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1)
  })
}
