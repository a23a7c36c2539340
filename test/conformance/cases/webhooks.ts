/** What a provider posts, and what others post in its name. */

import { expect } from 'vitest'
import type { WebhookAccident } from '../../../local/simulators/kit/driver.ts'
import type { ProviderPost } from '../../support/world.ts'
import type { Case, Theme } from '../case.ts'
import { API, DAY, HOUR, type Kit, MINUTE, type OpenPayment, type Party } from '../kit.ts'
import { type Need, SIGNED_BODIES } from '../subject.ts'

export const webhookCases: Theme = () => [
  ...ON_THEIR_WAY.map(tellsOnce),
  ...REPEATS,
  ...ADDRESSES,
  ...FORGERIES.map(refuses),
  ...NO_EVENTS.map(takesForNoEvent),
  ...LIES,
  ...STRANGE_NEWS,
  ...ROTATION,
]

interface Mishap {
  what: string
  accident: WebhookAccident
  /** What it takes until the payment is known. */
  learn(kit: Kit): Promise<unknown>
}

const ON_THEIR_WAY: readonly Mishap[] = [
  { what: 'lost', accident: { kind: 'lost' }, learn: (kit) => kit.pass(2 * MINUTE) },
  {
    what: 'three hours late',
    accident: { kind: 'late', ms: 3 * HOUR },
    async learn(kit) {
      await kit.hear()
      kit.world.clock.advance(3 * HOUR)
      await kit.hear()
    },
  },
  {
    what: 'late, after the sweep',
    accident: { kind: 'late', ms: HOUR },
    learn: (kit) => kit.pass(10 * MINUTE).then(() => kit.pass(HOUR)),
  },
  { what: 'sent six times', accident: { kind: 'duplicate', copies: 5 }, learn: (kit) => kit.hear() },
  { what: 'held until the next one has gone', accident: { kind: 'reordered', times: 1 }, learn: (kit) => kit.hear() },
]

/** Two payments, so that there is an order; each is told of once. */
function tellsOnce({ what, accident, learn }: Mishap): Case {
  return {
    name: `a webhook that is ${what} changes each payment once`,
    async run(kit) {
      const [one, other] = [await kit.open(), await kit.open()]
      kit.driver.webhookAccident(kit.account, accident)
      kit.driver.pay(one.reference)
      kit.driver.pay(other.reference)
      await learn(kit)
      for (const payment of [one, other]) {
        await kit.expectPaidOnce(payment)
        expect(await kit.eventsOf(payment)).toEqual(['payment.created', 'payment.succeeded'])
      }
    },
  }
}

/** A payment that is paid, and the webhook that tells of it, kept from arriving. */
async function paidUnheard(
  kit: Kit,
  party?: Party,
): Promise<{ payment: OpenPayment; post: ProviderPost; body: string }> {
  const payment = await kit.open({}, party)
  const posts = await kit.capture(() => kit.driver.pay(payment.reference), party)
  const post = posts.find(({ body }) => textOf(body).includes(payment.reference))
  if (post === undefined) throw new Error('no webhook names the payment')
  return { payment, post, body: textOf(post.body) }
}

const textOf = (body: Uint8Array): string => new TextDecoder().decode(body)

const REPEATS: readonly Case[] = [
  {
    name: 'the same post twenty times is one event, and asks the provider once',
    async run(kit) {
      const { payment, post } = await paidUnheard(kit)
      const once = await kit.countCalls(async () => {
        for (let times = 0; times < 20; times++) {
          expect((await kit.post(kit.own.webhookUrl, post.body, post.headers)).status).toBe(200)
        }
        await kit.work()
      })
      expect(await kit.storedEvents()).toMatchObject([{ status: 'applied', repeats: 19 }])
      await kit.expectPaidOnce(payment)
      const again = await kit.countCalls(async () => {
        await kit.post(kit.own.webhookUrl, post.body, post.headers)
        await kit.work()
      })
      expect(once).toBeGreaterThan(0)
      expect(again).toBe(0)
    },
  },
  {
    name: 'the same post ten times at once is one event',
    async run(kit) {
      const { payment, post } = await paidUnheard(kit)
      const answers = await Promise.all(
        Array.from({ length: 10 }, () => kit.post(kit.own.webhookUrl, post.body, post.headers)),
      )
      expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200))
      await kit.work()
      expect(await kit.storedEvents()).toMatchObject([{ status: 'applied', repeats: 9 }])
      await kit.expectPaidOnce(payment)
    },
  },
  {
    name: 'a post that is repeated a month later changes nothing',
    async run(kit) {
      const { payment, post } = await paidUnheard(kit)
      await kit.post(kit.own.webhookUrl, post.body, post.headers)
      await kit.work()
      kit.world.clock.advance(29 * DAY)
      expect([200, 401]).toContain((await kit.post(kit.own.webhookUrl, post.body, post.headers)).status)
      await kit.work()
      await kit.expectPaidOnce(payment)
    },
  },
  {
    name: 'a post that we could not store is sent again, and then applied',
    async run(kit) {
      const payment = await kit.open()
      const { post } = { post: (await kit.capture(() => kit.driver.pay(payment.reference)))[0] }
      if (post === undefined) throw new Error('nothing was posted')
      const cut = await kit.world.crashAfter(0, () => kit.post(kit.own.webhookUrl, post.body, post.headers))
      expect(cut.status).toBe(500)
      kit.expectErrors(/the connection to the database was cut/)
      expect((await kit.post(kit.own.webhookUrl, post.body, post.headers)).status).toBe(200)
      await kit.work()
      await kit.expectPaidOnce(payment)
    },
  },
]

const ADDRESSES: readonly Case[] = [
  {
    name: 'at the address that all merchants share, a webhook finds its connection by the payment that it names',
    async run(kit) {
      kit.driver.setWebhookUrl(kit.account, sharedUrl(kit))
      const payment = await kit.open()
      kit.driver.pay(payment.reference)
      await kit.hear()
      await kit.expectPaidOnce(payment)
    },
  },
  {
    name: 'at the address that all merchants share, a webhook about nobody’s payment is refused',
    async run(kit) {
      const { payment, body } = await paidUnheard(kit)
      const posted = await kit.postSigned(body.replaceAll(payment.reference, UNKNOWN), kit.own, sharedUrl(kit))
      expect(await codeOf(posted)).toBe('404 webhook_unattributable')
      expect(await kit.storedEvents()).toEqual([])
      await kit.verify(payment)
    },
  },
  {
    name: 'at the address that all merchants share, a webhook in a stranger’s name is refused',
    async run(kit) {
      const stranger = await kit.connectParty()
      const { payment, body } = await paidUnheard(kit)
      const posted = await kit.postSigned(body, stranger, sharedUrl(kit))
      expect(await codeOf(posted)).toBe('401 signature_wrong')
      await kit.expectStatus(payment, 'pending')
      await kit.verify(payment)
    },
  },
  {
    name: 'without the slash at its end the address is the same',
    async run(kit) {
      kit.driver.setWebhookUrl(kit.account, kit.own.webhookUrl.replace(/\/$/, ''))
      const payment = await kit.open()
      kit.driver.pay(payment.reference)
      await kit.hear()
      await kit.expectPaidOnce(payment)
    },
  },
  {
    name: 'a connection that was disabled still hears of the payments that are under way',
    async run(kit) {
      const payment = await kit.open()
      await kit.merchant.person.post(`/api/v1/payment-providers/${kit.connectionId}/disable/`)
      kit.driver.pay(payment.reference)
      await kit.hear()
      await kit.expectPaidOnce(payment)
    },
  },
]

const sharedUrl = ({ subject }: Kit): string => `${API}/api/v1/webhooks/${subject.name}/`

/** Of our form, and nobody's. */
const UNKNOWN = `pb-${'0'.repeat(26)}`

async function codeOf(response: Response): Promise<string> {
  const { code }: { code?: string } = await response.json()
  return `${response.status} ${code}`
}

interface Forgery {
  what: string
  needs?: readonly Need[]
  /** Posts it; `post` is what the provider would have posted. */
  forge(kit: Kit, post: ProviderPost): Promise<Response>
  refusal: string
}

const JSON_TYPE = { 'content-type': 'application/json' }

/** The headers that are no signature. */
const PLAIN = ['content-type', 'user-agent', 'content-length']

function withSignatures(headers: Record<string, string>, change: (value: string) => string): Record<string, string> {
  const changed = Object.entries(headers).map(([name, value]) => [name, PLAIN.includes(name) ? value : change(value)])
  return Object.fromEntries(changed)
}

/** Wrong in the last character of whatever may be a signature: a header can hold several. */
const otherEnd = (text: string): string =>
  text.replace(/[0-9A-Za-z]{16,}/g, (proof) => proof.slice(0, -1) + (proof.endsWith('0') ? '1' : '0'))

const FORGERIES: readonly Forgery[] = [
  {
    what: 'without a signature',
    forge: (kit, { body }) => kit.post(kit.own.webhookUrl, body, JSON_TYPE),
    refusal: '401 signature_missing',
  },
  {
    what: 'with an empty signature',
    forge: (kit, { body, headers }) =>
      kit.post(
        kit.own.webhookUrl,
        body,
        withSignatures(headers, () => ''),
      ),
    refusal: '401 signature_missing',
  },
  {
    what: 'with a signature that is wrong in its last character',
    forge: (kit, { body, headers }) => kit.post(kit.own.webhookUrl, body, withSignatures(headers, otherEnd)),
    refusal: '401 signature_wrong',
  },
  {
    what: 'with another account’s signature',
    async forge(kit, { body }) {
      const stranger = await kit.connectParty()
      const headers = await kit.driver.sign(stranger.account, textOf(body))
      return kit.post(kit.own.webhookUrl, body, { ...JSON_TYPE, ...headers })
    },
    refusal: '401 signature_wrong',
  },
  {
    what: 'at another merchant’s connection',
    async forge(kit, { body, headers }) {
      const stranger = await kit.connectParty()
      return kit.post(stranger.webhookUrl, body, headers)
    },
    refusal: '401 signature_wrong',
  },
  {
    what: 'with one digit changed after it was signed',
    needs: [SIGNED_BODIES],
    forge: (kit, { body, headers }) => kit.post(kit.own.webhookUrl, withOtherDigit(textOf(body)), headers),
    refusal: '401 signature_wrong',
  },
  {
    what: 'printed anew after it was signed',
    needs: [SIGNED_BODIES],
    forge(kit, { body, headers }) {
      const anew = JSON.stringify(JSON.parse(textOf(body)), null, 1)
      return kit.post(kit.own.webhookUrl, anew, headers)
    },
    refusal: '401 signature_wrong',
  },
  {
    what: 'with a blank behind it',
    needs: [SIGNED_BODIES],
    forge: (kit, { body, headers }) => kit.post(kit.own.webhookUrl, `${textOf(body)} `, headers),
    refusal: '401 signature_wrong',
  },
  {
    what: 'as another type of content',
    forge: (kit, { body, headers }) =>
      kit.post(kit.own.webhookUrl, body, { ...headers, 'content-type': 'application/x-www-form-urlencoded' }),
    refusal: '415 content_type_unsupported',
  },
  {
    what: 'as no type of content',
    forge: (kit, { body, headers }) => kit.post(kit.own.webhookUrl, body, { ...headers, 'content-type': '' }),
    refusal: '415 content_type_unsupported',
  },
  {
    what: 'larger than a megabyte by one byte',
    forge: (kit, { body }) => kit.postSigned(textOf(body).padEnd(1_048_577)),
    refusal: '413 body_too_large',
  },
  {
    what: 'at a connection that is not there',
    forge: (kit, { body, headers }) => kit.post(`${sharedUrl(kit)}con_${'0'.repeat(26)}/`, body, headers),
    refusal: '404 webhook_unattributable',
  },
  {
    what: 'at a connection that can’t be',
    forge: (kit, { body, headers }) => kit.post(`${sharedUrl(kit)}1%20or%201=1/`, body, headers),
    refusal: '404 webhook_unattributable',
  },
]

function withOtherDigit(text: string): string {
  return text.replace(/\d(?=\D*$)/, (digit) => (digit === '9' ? '8' : '9'))
}

function refuses({ what, needs = [], forge, refusal }: Forgery): Case {
  return {
    name: `a webhook ${what} is refused, and nothing is kept of it`,
    needs,
    async run(kit) {
      const { payment, post } = await paidUnheard(kit)
      const calls = await kit.countCalls(async () => {
        expect(await codeOf(await forge(kit, post))).toBe(refusal)
        await kit.work()
      })
      expect(calls).toBe(0)
      expect(await kit.storedEvents()).toEqual([])
      await kit.expectStatus(payment, 'pending')
      await kit.verify(payment)
    },
  }
}

/** Bodies that are signed and are no event of anybody's. */
const NO_EVENTS: readonly { what: string; body: string }[] = [
  { what: 'nothing', body: '' },
  { what: 'no JSON', body: 'event=paid&amount=100' },
  { what: 'half of its JSON', body: '{"event":"paid","data":{"id":1' },
  { what: 'an array', body: '[{"event":"paid"}]' },
  { what: 'a text', body: '"paid"' },
  { what: 'a number', body: '42' },
  { what: 'null', body: 'null' },
  { what: 'arrays in one another a hundred thousand deep', body: '['.repeat(100_000) + ']'.repeat(100_000) },
]

function takesForNoEvent({ what, body }: { what: string; body: string }): Case {
  return {
    name: `a signed body that is ${what} is refused as none`,
    async run(kit) {
      const payment = await kit.open()
      expect(await codeOf(await kit.postSigned(body))).toBe('400 webhook_malformed')
      await kit.work()
      expect(await kit.storedEvents()).toEqual([])
      await kit.expectStatus(payment, 'pending')
    },
  }
}

/** Objects that are signed: kept or not, they change nothing, and break nothing. */
const STRANGE_NEWS: readonly Case[] = [
  ...[
    { what: 'an empty object', body: '{}' },
    { what: 'an object of other names', body: '{"hello":"world","__proto__":{"event":"x"},"constructor":1}' },
    {
      what: 'an event with null for everything',
      body: '{"id":null,"object":"event","event":null,"type":null,"data":null}',
    },
    {
      what: 'an event that holds objects a thousand deep',
      body: `{"event":"deep","type":"deep","data":${'{"data":'.repeat(1000)}{}${'}'.repeat(1000)}}`,
    },
    {
      what: 'an event with a list where its object should be',
      body: '{"event":"listed","type":"listed","data":[1,2,3]}',
    },
  ].map(
    ({ what, body }): Case => ({
      name: `a signed body that is ${what} changes nothing, and breaks nothing`,
      async run(kit) {
        const payment = await kit.open()
        expect([200, 400]).toContain((await kit.postSigned(body)).status)
        await kit.work()
        await kit.pass(2 * MINUTE)
        await kit.expectStatus(payment, 'pending')
        expect(await kit.eventsOf(payment)).toEqual(['payment.created'])
      },
    }),
  ),
  {
    name: 'an event of a type that nobody has heard of is taken, and changes nothing by itself',
    async run(kit) {
      const { payment, body } = await paidUnheard(kit)
      const other = await kit.open()
      const news = body
        .replaceAll(payment.reference, other.reference)
        .replace(/("(?:event|type|event\.type)":\s*")[^"]*"/g, '$1something.unheard_of"')
      expect((await kit.postSigned(news)).status).toBe(200)
      await kit.work()
      await kit.expectStatus(other, 'pending')
      await kit.verify(payment)
    },
  },
  {
    name: 'a signed webhook about a payment that nobody knows is kept, and counted by the next run',
    async run(kit) {
      const stranger = await kit.connectParty()
      const { payment, body } = await paidUnheard(kit, stranger)
      expect((await kit.postSigned(body)).status).toBe(200)
      await kit.work()
      expect(await kit.storedEvents()).toMatchObject([{ status: 'unmatched', repeats: 0 }])
      await kit.expectStatus(payment, 'pending', stranger)
      expect(await kit.reconcile()).toMatchObject({ status: 'completed', events_unmatched: 1, drifts_found: 0 })
      await stranger.merchant.api.get(`/api/v1/transactions/${payment.id}/verify_payment/`)
    },
  },
  {
    name: 'a charge that was made elsewhere on the account is heard of, and changes nothing',
    async run(kit) {
      const payment = await kit.open()
      kit.chargeElsewhere()
      await kit.hear()
      await kit.pass(2 * MINUTE)
      await kit.expectStatus(payment, 'pending')
      const statuses = (await kit.storedEvents()).map(({ status }) => status)
      expect(statuses.filter((status) => status !== 'unmatched' && status !== 'ignored')).toEqual([])
    },
  },
]

const LIES: readonly Case[] = [
  {
    name: 'a signed webhook that claims a success where nobody has paid changes nothing',
    async run(kit) {
      const { payment, body } = await paidUnheard(kit)
      const unpaid = await kit.open()
      expect((await kit.postSigned(body.replaceAll(payment.reference, unpaid.reference))).status).toBe(200)
      await kit.work()
      await kit.expectStatus(unpaid, 'pending')
      await kit.pass(2 * MINUTE)
      await kit.expectStatus(unpaid, 'pending')
      await kit.expectPaidOnce(payment)
    },
  },
  {
    name: 'a signed webhook that claims another amount than was paid changes nothing',
    async run(kit) {
      const { payment, body } = await paidUnheard(kit)
      const lie = withOtherAmounts(body, kit.subject.money.amount)
      expect(lie).not.toBe(body)
      expect((await kit.postSigned(lie)).status).toBe(200)
      await kit.work()
      await kit.expectPaidOnce(payment)
    },
  },
  {
    name: 'a signed webhook that claims the right amount where another was paid is not believed',
    async run(kit) {
      const { payment, body } = await paidUnheard(kit)
      const other = await kit.open()
      await kit.capture(() => kit.driver.pay(other.reference, { kind: 'wrong_amount', delta: -1 }))
      expect((await kit.postSigned(body.replaceAll(payment.reference, other.reference))).status).toBe(200)
      await kit.work()
      await kit.pass(2 * MINUTE)
      await kit.expectStatus(other, 'requires_review')
      await kit.expectPaidOnce(payment)
    },
  },
  {
    name: 'a signed webhook that claims a success after a payment was called off and not paid changes nothing',
    async run(kit) {
      const { payment, body } = await paidUnheard(kit)
      const unpaid = await kit.open()
      await kit.cancel(unpaid)
      await kit.postSigned(body.replaceAll(payment.reference, unpaid.reference))
      await kit.work()
      await kit.expectStatus(unpaid, 'cancelled')
      await kit.verify(payment)
    },
  },
]

/** Every number that says the amount, in the minor unit or in the major one, is ten times as high. */
function withOtherAmounts(body: string, amount: number): string {
  return body.replace(/(?<=[:"\s])\d+(?:\.\d+)?(?=["\s,}])/g, (digits) => {
    const says = Number(digits)
    return says === amount || says === amount / 100 ? String(says * 10) : digits
  })
}

const ROTATION: readonly Case[] = [
  {
    name: 'what is signed with the credentials before is taken for three days more, and then refused',
    async run(kit) {
      const { payment, body } = await paidUnheard(kit)
      const { credentials } = kit.driver.openAccount(kit.subject.mode)
      const path = `/api/v1/payment-providers/${kit.connectionId}/`
      expect((await kit.api.patch(path, { credentials })).status).toBe(200)
      kit.world.clock.advance(2 * DAY)
      expect((await kit.postSigned(body)).status).toBe(200)
      kit.world.clock.advance(2 * DAY)
      expect(await codeOf(await kit.postSigned(body))).toBe('401 signature_wrong')
      // The old account is asked once more, or nobody would know of the payment.
      expect((await kit.api.patch(path, { credentials: kit.account.credentials })).status).toBe(200)
      await kit.work()
      await kit.until('the payment is known', async () => (await kit.look(payment)).status === 'succeeded')
    },
  },
]
