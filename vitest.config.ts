import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    // At the root, so that it runs once for both projects.
    globalSetup: './test/support/global-setup.ts',
    // One more than CI's machine has cores, for each waits for Postgres now and then. By itself Vitest takes one fewer.
    maxWorkers: 3,
    // Its end reads every row that the run has left.
    teardownTimeout: 60_000,
    projects: [
      {
        plugins: [
          cloudflareTest({
            main: './test/support/worker.ts',
            wrangler: { configPath: './wrangler.toml' },
            miniflare: {
              bindings: { ENVIRONMENT: 'local' },
              // Low, so that a flood is short: it ends the same on whichever side of a period's end it runs.
              ratelimits: { RATE_LIMIT: { namespace_id: '1001', simple: { limit: 20, period: 60 } } },
            },
          }),
        ],
        test: {
          name: 'workers',
          include: ['test/**/*.test.ts'],
          exclude: ['test/node/**'],
          setupFiles: './test/support/secrets-hooks.ts',
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'node',
          include: ['test/node/**/*.test.ts'],
          setupFiles: './test/support/secrets-hooks.ts',
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
})
