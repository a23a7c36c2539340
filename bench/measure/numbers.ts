/** What is said of many numbers. */

/** @returns NaN where there are none */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

export const median = (values: readonly number[]): number => {
  const half = values.length / 2
  const sorted = values.toSorted((a, b) => a - b)
  const [low, high] = [sorted[Math.ceil(half) - 1], sorted[Math.floor(half)]]
  return low === undefined || high === undefined ? Number.NaN : (low + high) / 2
}

/** `0.81…0.92 in 5 rounds` */
export function spread(values: readonly number[], digits: number): string {
  const [low, high] = [Math.min(...values), Math.max(...values)]
  return `${low.toFixed(digits)}…${high.toFixed(digits)} in ${values.length} rounds`
}
