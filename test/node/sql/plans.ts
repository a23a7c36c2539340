/** What is wrong with a plan, as `explain (format json)` tells it, for tables that are large. */
import { z } from 'zod'
import { SETTINGS, SPREAD } from './large.ts'

export interface PlanNode {
  'Node Type': string
  'Relation Name'?: string | undefined
  'Index Name'?: string | undefined
  'Index Cond'?: string | undefined
  Filter?: string | undefined
  'Plan Rows': number
  Plans?: PlanNode[] | undefined
}

export const PlanSchema: z.ZodType<PlanNode> = z.object({
  'Node Type': z.string(),
  'Relation Name': z.string().optional(),
  'Index Name': z.string().optional(),
  'Index Cond': z.string().optional(),
  Filter: z.string().optional(),
  'Plan Rows': z.number(),
  get Plans() {
    return z.array(PlanSchema).optional()
  },
})

/** So many rows are sorted at most: fewer than a merchant has of anything, and more than the branches of a page. */
const SORTED_MAX = 150_000

/** A line for each node that reads, or sorts, as much as there is. */
export function findings(node: PlanNode): string[] {
  return [...ofNode(node), ...(node.Plans ?? []).flatMap(findings)]
}

function ofNode(node: PlanNode): string[] {
  const {
    'Node Type': type,
    'Relation Name': table,
    'Index Name': index,
    'Index Cond': condition,
    Filter: filter,
  } = node
  const found: string[] = []
  if (type === 'Seq Scan') found.push(`reads all of ${table}`)
  if (index !== undefined && /Scan/.test(type) && condition === undefined) found.push(`reads all of the index ${index}`)
  const entered = columnsOf(condition)
  if (
    filter !== undefined &&
    !SETTINGS.has(table ?? '') &&
    entered.length > 0 &&
    entered.every((column) => Object.hasOwn(SPREAD, column))
  ) {
    found.push(`reads all of ${table} with the same ${entered.join(', ')}`)
  }
  const sorted = /Sort$/.test(type) ? (node.Plans?.[0]?.['Plan Rows'] ?? 0) : 0
  if (sorted > SORTED_MAX) found.push(`sorts ${sorted} rows`)
  return found
}

/** The columns by which an index is entered. */
const columnsOf = (condition = ''): string[] =>
  [...condition.matchAll(/\((?:\w+\.)?(\w+) /g)].flatMap(([, column]) => column ?? [])
