/** A call at a provider, with what may go wrong there. */

import type { Simulators } from '../local/simulators/index.ts'
import type { Driver, OpenedAccount } from '../local/simulators/kit/driver.ts'
import type { FaultOf } from './faults.ts'
import type { Run } from './run.ts'
import type { Task } from './scheduler.ts'

/** Where all the simulators are, each below its provider's name. */
export const PROVIDERS_URL = 'https://providers.test'

/** An account at a provider, and how to reach it. */
export interface Place {
  name: string
  driver: Driver
  account: OpenedAccount
  currency: string
}

export interface ProviderCalls {
  /** Whose calls are known by their secret key from here on. */
  know(place: Place): void
  /** The call arrives. */
  call(wait: string, fault: FaultOf<'provider'> | undefined, task: Task, request: Request): Promise<Response>
  /** Another system of the merchant's takes a payment there. */
  chargeElsewhere(place: Place): void
  /** The references of those. */
  readonly elsewhere: ReadonlySet<string>
  /** While it is down every call of the account is cut. */
  setDown(place: Place, isDown: boolean): void
}

export function createProviderCalls(run: Run, simulators: Simulators): ProviderCalls {
  const { scheduler } = run
  const places: Place[] = []
  const down = new Set<Place>()
  const elsewhere = new Set<string>()

  const placeOf = (request: Request): Place | undefined => {
    const authorization = request.headers.get('authorization') ?? ''
    return places.find(({ account }) => authorization.includes(account.credentials.secret_key ?? '\0'))
  }

  async function call(
    wait: string,
    fault: FaultOf<'provider'> | undefined,
    task: Task,
    request: Request,
  ): Promise<Response> {
    const place = placeOf(request)
    if (place !== undefined && down.has(place)) throw new TypeError('the connection was refused')
    // The caller's patience ends the call there as well, but for one that is on its way already.
    const arrive = () => simulators.fetch(request)
    switch (fault) {
      case 'provider-reset-before':
        throw new TypeError('the connection was cut')
      case 'provider-reset-after':
        await arrive()
        throw new TypeError('the connection was cut')
      case 'provider-silent-before':
        return silence(task, request)
      case 'provider-silent-after':
        await arrive()
        return silence(task, request)
      case 'provider-late': {
        const later = new Request(request.clone(), { signal: null })
        const lateMs = run.chance.int(`lateness of ${wait}`, 5_000, 40_000)
        scheduler.at(scheduler.now() + lateMs, () => simulators.fetch(later).catch(() => {}))
        return silence(task, request)
      }
      case 'provider-error-before':
        return badGateway()
      case 'provider-error-after':
        await arrive()
        return badGateway()
      case 'provider-malformed': {
        const text = await (await arrive()).text()
        return new Response(text.slice(0, Math.ceil(text.length / 2)), { status: 200 })
      }
      case 'provider-field-missing':
        place?.driver.accident(place.account, { kind: 'field_missing', times: 1 })
        return arrive()
      case 'provider-rate-limited':
        place?.driver.accident(place.account, { kind: 'rate_limited', times: 1 })
        return arrive()
      case 'provider-books-move':
        if (place !== undefined) chargeElsewhere(place)
        return arrive()
      default:
        return arrive()
    }
  }

  function chargeElsewhere({ driver, account, currency }: Place): void {
    elsewhere.add(driver.chargeElsewhere(account, 5_000, currency))
  }

  async function silence(task: Task, request: Request): Promise<never> {
    await scheduler.waitUnless(task, 3_600_000, request.signal)
    throw new TypeError('the connection idled out')
  }

  return {
    know: (place) => void places.push(place),
    call,
    chargeElsewhere,
    elsewhere,
    setDown: (place, isDown) => void (isDown ? down.add(place) : down.delete(place)),
  }
}

function badGateway(): Response {
  return new Response('<html><body>502 Bad Gateway</body></html>', { status: 502 })
}
