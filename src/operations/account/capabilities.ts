/** What each provider takes, as its plug-in knows it. An account may take less: that is the merchant's own agreement. */

import type { JsonObject } from '../../domain/json.ts'
import { PROVIDER_NAMES, PROVIDERS } from '../../providers/registry.ts'

/** Every provider with what it can do; amounts in minor units. */
export function listCapabilities(): JsonObject[] {
  return PROVIDER_NAMES.map((provider) => {
    const { closeCheckout, capabilities } = PROVIDERS[provider]
    return {
      provider,
      currencies: Object.entries(capabilities.currencies).map(([currency, terms]) => ({
        currency,
        minimum: Number(terms.minimum),
        maximum: Number(terms.maximum),
        step: Number(terms.step ?? 1n),
        refund_minimum: Number(terms.refundMinimum ?? 1n),
      })),
      methods: capabilities.methods,
      callback_url_required: capabilities.needsCallbackUrl,
      cancellation: closeCheckout !== undefined,
      partial_refunds: capabilities.refunds.partial,
      refund_modes: capabilities.refunds.modes,
    }
  })
}
