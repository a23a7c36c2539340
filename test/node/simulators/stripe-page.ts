/** A payer's browser before the hosted page of Stripe. */
import type { stripeTest } from './stripe-world.ts'

export type Shop = ReturnType<typeof stripeTest>

export const submit = ({ simulator }: Shop, url: string | null, fields: Record<string, string>) =>
  simulator.fetch(new Request(pathOf(url), { method: 'POST', body: new URLSearchParams(fields) }))

/** As a browser asks for it: without the fragment. */
export const pathOf = (url: string | null) => (url ?? '').replace(/#.*/, '')

export const pageOf = async ({ simulator }: Shop, url: string | null) => {
  const answer = await simulator.fetch(new Request(pathOf(url)))
  return { status: answer.status, headers: answer.headers, text: await answer.text() }
}

export const card = (method: string) => ({ act: 'pay', method })
