/** Whether an isolate's memory stays as it is, however many requests it answers: what is left in it once garbage is collected. */
import type { Figure } from '../figure.ts'
import { fire } from '../load/fire.ts'
import type { Operation } from '../load/operations.ts'
import type { Pair, Stage } from '../load/stage.ts'
import { heapMbOf } from '../platform/inspector.ts'
import { residentMbOf } from './process.ts'

const TENTHS = 10
/** As many times is the heap looked at in each tenth: nobody can ask workerd to collect, and the least is what was left after it did. */
const LOOKS = 20
const RATIO_AT_MOST = 1.05

/** The operations take turns. */
export async function measureMemory(
  stage: Stage,
  { worker }: Pair,
  operations: readonly Operation[],
  requests: number,
): Promise<Figure[]> {
  const { inspectorUrl } = worker
  if (inspectorUrl === undefined) throw new Error('the Worker is not inspected')
  const amount = Math.round(requests / TENTHS / LOOKS / operations.length)
  const samples: number[] = []
  for (let tenth = 0; tenth < TENTHS; tenth++) {
    const looks: number[] = []
    for (let look = 0; look < LOOKS; look++) {
      for (const operation of operations) {
        await fire(worker, operation, stage.shop, stage.itemsFor(operation), {
          amount,
          connections: Math.min(16, amount),
        })
      }
      looks.push(await heapMbOf(inspectorUrl))
    }
    samples.push(Math.min(...looks))
  }
  // The first fifth fills what has a bound: compiled code, the kept secrets.
  const early = Math.min(...samples.slice(TENTHS / 5, TENTHS / 2))
  const late = Math.min(...samples.slice(TENTHS / 2))
  const resident = await residentMbOf(worker.pid)
  return [
    {
      what: `memory: second half to first half of ${requests.toLocaleString('en')} requests`,
      value: late / early,
      unit: 'ratio',
      target: { is: 'at most', value: RATIO_AT_MOST },
      note: `the heap's least in each tenth: ${samples.map((mb) => mb.toFixed(1)).join(', ')} MB; the whole process ends at ${resident.toFixed(0)} MB`,
    },
  ]
}
