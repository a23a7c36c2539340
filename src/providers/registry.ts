/** Every provider, a line each. */

import type { Provider, ProviderName } from './contract.ts'
import { paystack } from './paystack/index.ts'

export const PROVIDERS: Readonly<Record<ProviderName, Provider>> = { paystack }

export const PROVIDER_NAMES = Object.keys(PROVIDERS).filter(isProviderName)

export function isProviderName(name: string): name is ProviderName {
  return Object.hasOwn(PROVIDERS, name)
}
