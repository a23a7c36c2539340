/** Every change has exactly one event; numbers per merchant and mode are 1..N without gaps. */

import type { EventFact, Facts } from './facts.ts'

export async function changesAreToldOnce(facts: Facts): Promise<string[]> {
  const { database, scheduler } = facts.load.run
  const counters = await scheduler.outside(
    database.query('select merchant_id, mode, last_number::float8 from event_counters'),
  )
  const streams = Map.groupBy(facts.events, ({ merchant_id, mode }) => `${merchant_id} ${mode}`)
  const gaps = [...streams].flatMap(([stream, events]) => {
    const isWhole = events.every(({ number }, place) => number === place + 1)
    const counter = counters.find(({ merchant_id, mode }) => `${merchant_id} ${mode}` === stream)
    return isWhole && counter?.last_number === events.length
      ? []
      : [`the ${events.length} events of a merchant are not numbered 1 to N`]
  })
  return [...gaps, ...untold(facts)]
}

function untold(facts: Facts): string[] {
  const told = Map.groupBy(facts.events, ({ subject_id, transaction_id }) => subject_id ?? transaction_id)
  const versioned = [
    ...[...facts.transactions.values()].map(({ id, version, name }) => ({ id, version, name })),
    ...[...facts.refunds.values()].map(({ id, version, transaction_id }) => ({
      id,
      version,
      name: `a refund of ${facts.nameOf(transaction_id)}`,
    })),
    ...facts.drifts.map(({ id, version, cause }) => ({ id, version, name: `a drift, ${cause}` })),
  ]
  return versioned.flatMap(({ id, version, name }) => {
    const versions = (told.get(id) ?? []).map((event: EventFact) => event.version).sort((a, b) => a - b)
    const isWhole = versions.length === version && versions.every((one, place) => one === place + 1)
    return isWhole ? [] : [`${name} changed ${version} times, and ${versions.length} events tell of it`]
  })
}
