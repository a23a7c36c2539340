/** One figure of a benchmark, with what is asked of it: a line of the report, and of its JSON. */
export interface Figure {
  /** What was measured, as the report says it: `initiate: throughput to the floor`. */
  what: string
  value: number
  unit: 'ratio' | 'ms' | 'KB' | 'MB' | 'count'
  /** Absent where a figure is only reported. */
  target?: { is: 'at least' | 'at most' | 'exactly'; value: number }
  /** The spread, the number of rounds, or why it is as it is. */
  note?: string
}

/** Whether the target is met; a figure without a target holds, and one that isn't a number doesn't. */
export function holds({ value, target }: Figure): boolean {
  if (target === undefined) return true
  if (target.is === 'exactly') return value === target.value
  return target.is === 'at least' ? value >= target.value : value <= target.value
}
