import type { Env as Bindings } from '../../src/env.ts'

declare global {
  namespace Cloudflare {
    interface Env extends Bindings {}
  }
}
