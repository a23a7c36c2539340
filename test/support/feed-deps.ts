/** What the streams of this test file read with: its world's clock and database in the place of the platform's. */

import type { FeedDeps } from '../../src/operations/events/feed.ts'

let ofWorld: FeedDeps | undefined

export function useFeedDeps(deps: FeedDeps): void {
  ofWorld = deps
}

/** Undefined where no world has streams: the platform's are good then. */
export const feedDepsOfWorld = (): FeedDeps | undefined => ofWorld
