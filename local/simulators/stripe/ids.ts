/** Identifiers as Stripe gives them: a prefix that names the kind, and characters that mean nothing. */
import { randomText, type SimulatorWorld } from '../kit/world.ts'

const BASE62 = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'

/** Such as `pi_3Qx…`. `length` counts the characters behind the prefix. */
export function newId(world: Pick<SimulatorWorld, 'random'>, prefix: string, length = 24): string {
  return `${prefix}_${randomText(world, length, BASE62)}`
}

/** Stripe's times: whole seconds since 1970. */
export function seconds(at: Date): number {
  return Math.floor(at.getTime() / 1000)
}
