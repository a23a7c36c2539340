/** How long after its commit an event's first post is on its way, through the local platform's queues. */
import { deliver, startDeliveryPlatform } from '../deliveries/run.ts'
import type { Figure } from '../figure.ts'

const FLOW = { merchants: 20, dead: 0, perSecond: 20 }
const P50_AT_MOST_MS = 250
const P99_AT_MOST_MS = 1000

export async function measureDeliveryDelay(events: number): Promise<Figure[]> {
  await using platform = await startDeliveryPlatform()
  // The isolate's first events would tell of its start.
  await deliver(platform, { ...FLOW, events: 40 })
  const { expected, arrived, medianMs, p99Ms } = await deliver(platform, { ...FLOW, events })
  if (arrived !== expected) throw new Error(`${expected - arrived} of ${expected} events did not arrive`)
  const note = `${events} events of ${FLOW.merchants} merchants, ${FLOW.perSecond} a second; to their arrival`
  return [
    {
      what: "commit to the first delivery's start, p50",
      value: medianMs,
      unit: 'ms',
      target: { is: 'at most', value: P50_AT_MOST_MS },
      note,
    },
    {
      what: "commit to the first delivery's start, p99",
      value: p99Ms,
      unit: 'ms',
      target: { is: 'at most', value: P99_AT_MOST_MS },
      note,
    },
  ]
}
