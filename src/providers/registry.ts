/** Every provider, a line each. */

import { chapa } from './chapa/index.ts'
import type { Provider } from './contract.ts'
import { flutterwave } from './flutterwave/index.ts'
import { paystack } from './paystack/index.ts'
import { stripe } from './stripe/index.ts'

const REGISTRY = { paystack, flutterwave, stripe, chapa } satisfies Record<string, Provider>

export type ProviderName = keyof typeof REGISTRY

export const PROVIDERS: Readonly<Record<ProviderName, Provider>> = REGISTRY

export const PROVIDER_NAMES = Object.keys(PROVIDERS).filter(isProviderName)

export function isProviderName(name: string): name is ProviderName {
  return Object.hasOwn(PROVIDERS, name)
}
