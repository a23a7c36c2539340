/** For tests that need nothing of the platform and no database: in Node, without either. */
import { defineConfig } from 'vitest/config'

export default defineConfig({ test: { include: ['test/**/*.test.ts'], testTimeout: 30_000 } })
