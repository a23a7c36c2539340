/**
 * Everything a simulator needs from outside: time, chance and a way to reach the merchant. A simulator takes them from
 * here and nowhere else, so that the same one runs behind a port in real time and inside a test on a virtual clock.
 */
export interface SimulatorWorld {
  now(): Date
  /** A number in [0, 1). Seed it, and the simulator makes the same codes again. */
  random(): number
  /** Resolves after `ms`; rejects with the signal's reason when that aborts first. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
  /** Sends a webhook to the merchant's URL. Rejects when the merchant can't be reached or doesn't answer in time. */
  deliver(request: Request): Promise<Response>
}

/** What `local/` and the tests see of any provider's simulator. */
export interface Simulator {
  /**
   * The provider's API, its checkout pages and the control API under `/_control/`. Rejects with a TypeError when a fault
   * cuts the connection, and with the abort reason when `request.signal` aborts while the call hangs.
   */
  fetch(request: Request): Promise<Response>
  /** Does what has become due by now (refund steps, dispute deadlines), then tries each due webhook once. Returns the tries. */
  deliverDueWebhooks(): Promise<number>
  /** When `deliverDueWebhooks` next has something to do. */
  nextDueAt(): Date | undefined
}

/** A token of `length` characters drawn from the world's chance. */
export function randomText(
  world: Pick<SimulatorWorld, 'random'>,
  length: number,
  alphabet = LOWER_ALPHANUMERIC,
): string {
  let text = ''
  for (let i = 0; i < length; i++) text += alphabet.charAt(Math.floor(world.random() * alphabet.length))
  return text
}

const LOWER_ALPHANUMERIC = 'abcdefghijklmnopqrstuvwxyz0123456789'
