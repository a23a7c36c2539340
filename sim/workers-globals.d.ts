/** What the handlers' types name of the platform's globals: Node has its own of the rest. */

type MessageBatch<Body = unknown> = import('@cloudflare/workers-types/index.ts').MessageBatch<Body>
type Message<Body = unknown> = import('@cloudflare/workers-types/index.ts').Message<Body>
type Queue<Body = unknown> = import('@cloudflare/workers-types/index.ts').Queue<Body>
type RateLimit = import('@cloudflare/workers-types/index.ts').RateLimit
type DurableObjectNamespace<T extends Rpc.DurableObjectBranded | undefined = undefined> =
  import('@cloudflare/workers-types/index.ts').DurableObjectNamespace<T>
declare namespace Rpc {
  type DurableObjectBranded = import('@cloudflare/workers-types/index.ts').Rpc.DurableObjectBranded
}
