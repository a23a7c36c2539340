/** The official client of Stripe, unchanged, and a simulator behind a port that it is pointed at. */
import Stripe from 'stripe'
import { serveSimulator } from '../../../local/simulators/kit/server.ts'
import { createStripeSimulator } from '../../../local/simulators/stripe/index.ts'
import { createStripeWorld, KEY, WEBHOOK_SECRET, WEBHOOK_URL } from './stripe-world.ts'

export async function serveStripe() {
  const world = createStripeWorld()
  const server = await serveSimulator({
    port: 0,
    create: (_real, baseUrl) => createStripeSimulator(world, { baseUrl }),
  })
  const { control } = server.simulator
  control.configureAccount(KEY, { webhookUrl: WEBHOOK_URL, webhookSecret: WEBHOOK_SECRET })

  const clientWith = (key: string) => {
    const { hostname: host, port } = new URL(server.url)
    return new Stripe(key, { host, port, protocol: 'http', maxNetworkRetries: 0 })
  }
  const stripe = clientWith(KEY)

  /** A session that is paid, with its payment. */
  const paid = async (reference: string) => {
    const { id } = await stripe.checkout.sessions.create(order(reference))
    control.pay({ reference })
    return stripe.checkout.sessions.retrieve(id, { expand: ['payment_intent.latest_charge'] })
  }
  return { world, server, control, stripe, clientWith, paid }
}

export type ServedStripe = Awaited<ReturnType<typeof serveStripe>>

export const order = (reference: string): Stripe.Checkout.SessionCreateParams => ({
  mode: 'payment',
  line_items: [
    { quantity: 2, price_data: { currency: 'usd', unit_amount: 1750, product_data: { name: 'Beads & thread [red]' } } },
  ],
  success_url: 'https://shop.example/thanks?session={CHECKOUT_SESSION_ID}',
  client_reference_id: reference,
  customer_email: 'kwame+crafts@customer.example',
  metadata: { order: reference },
  payment_intent_data: { metadata: { order: reference } },
  adaptive_pricing: { enabled: false },
})

export const intentIdOf = ({ payment_intent }: Stripe.Checkout.Session): string =>
  typeof payment_intent === 'string' ? payment_intent : (payment_intent?.id ?? '')

/** The error that a call is refused with. */
export const errorOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  )
