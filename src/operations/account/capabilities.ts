/** What each provider takes, as its plug-in knows it. An account may take less: that is the merchant's own agreement. */

import type { JsonObject } from '../../domain/json.ts'
import { PROVIDER_NAMES, PROVIDERS } from '../../providers/registry.ts'

/** Every provider with its currencies; minimum and maximum in minor units. */
export function listCapabilities(): JsonObject[] {
  return PROVIDER_NAMES.map((provider) => ({
    provider,
    currencies: Object.entries(PROVIDERS[provider].currencies).map(([currency, { minimum, maximum }]) => ({
      currency,
      minimum: Number(minimum),
      maximum: Number(maximum),
    })),
  }))
}
