/** Whether an isolate's memory stays as it is, however many requests it answers. */
import type { Figure } from '../figure.ts'
import { fire } from '../load/fire.ts'
import type { Operation } from '../load/operations.ts'
import type { Pair, Stage } from '../load/stage.ts'
import { residentMbOf } from './process.ts'

const SAMPLES = 10
const RATIO_AT_MOST = 1.05

/** The operations take turns; each tenth of the requests is followed by a sample. */
export async function measureMemory(
  stage: Stage,
  { worker }: Pair,
  operations: readonly Operation[],
  requests: number,
): Promise<Figure[]> {
  const samples: number[] = []
  const amount = Math.round(requests / SAMPLES / operations.length)
  for (let sample = 0; sample < SAMPLES; sample++) {
    for (const operation of operations) {
      await fire(worker, operation, stage.shop, stage.itemsFor(operation), { amount, connections: 16 })
    }
    samples.push(await residentMbOf(worker.pid))
  }
  // The first fifth fills what has a bound: V8's young generation, compiled code, the kept secrets.
  const early = Math.max(...samples.slice(SAMPLES / 5, SAMPLES / 2))
  const late = Math.max(...samples.slice(SAMPLES / 2))
  return [
    {
      what: `memory: second half to first half of ${requests.toLocaleString('en')} requests`,
      value: late / early,
      unit: 'ratio',
      target: { is: 'at most', value: RATIO_AT_MOST },
      note: `peaks of the workerd process; after each tenth ${samples.map((mb) => mb.toFixed(0)).join(', ')} MB`,
    },
  ]
}
