/** The shortest story of a seed that fails: of its actions and faults, only those without which it doesn't. */

import type { SimDatabase } from './database.ts'
import { type Outcome, runSeed } from './run.ts'

/** A run costs a good part of a second: what is not shorter by then is told as it is. */
const RUNS_MAX = 120

/** The same seed with as few actions and faults as the violation takes. */
export async function shrink(database: SimDatabase, failed: Outcome): Promise<Outcome> {
  const broken = new Set(failed.violations.map(({ invariant }) => invariant))
  let shortest = failed
  let runs = 0
  const tryWithout = async (names: readonly string[]): Promise<boolean> => {
    runs += 1
    const without = new Set(names)
    const kept = new Set(shortest.beats.map(({ name }) => name).filter((name) => !without.has(name)))
    const outcome = await runSeed(database, failed.seed, kept)
    const isSame = outcome.violations.some(({ invariant }) => broken.has(invariant))
    if (isSame) shortest = outcome
    return isSame
  }
  for (let size = Math.ceil(shortest.beats.length / 2); size >= 1 && runs < RUNS_MAX; ) {
    let isShorter = false
    const beats = shortest.beats.map(({ name }) => name)
    for (let place = beats.length; place > 0 && runs < RUNS_MAX; place -= size) {
      const chunk = beats
        .slice(Math.max(0, place - size), place)
        .filter((name) => shortest.beats.some((beat) => beat.name === name))
      if (chunk.length > 0 && (await tryWithout(chunk))) isShorter = true
    }
    if (size === 1 && !isShorter) break
    size = Math.max(1, Math.floor(size / 2))
  }
  return shortest
}

/** As it is printed: what was done and what went wrong, in order, and what came of it. */
export function tellStory({ seed, beats, violations }: Outcome): string {
  return [
    `Seed ${seed}`,
    ...beats.map(({ line }) => `  ${line}`),
    ...violations.map(({ invariant, words }) => `  ** ${invariant}: ${words}`),
    '',
  ].join('\n')
}
