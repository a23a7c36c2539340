/** The Worker as the tests run it: the real one, whose streams live in the test file's world and its time. */

import { EventStream as RealEventStream } from '../../src/platform/event-stream.ts'
import { feedDepsOfWorld } from './feed-deps.ts'

export { default } from '../../src/worker.ts'

export class EventStream extends RealEventStream {
  protected override feedDeps() {
    return feedDepsOfWorld() ?? super.feedDeps()
  }

  /** The platform's clock goes on by itself: an object is looked at when a test says so, and not meanwhile. */
  protected override nextLookAt() {
    return super.nextLookAt() + 3_600_000
  }
}
