/** `/api/docs/webhooks/`: what whoever receives webhooks has to do, with code that does it. */

import { html, raw } from 'hono/html'
import { LIMITS } from '../domain/limits.ts'
import { DELIVERY_ATTEMPTS_MAX, DELIVERY_WAITS_MS } from '../domain/retry.ts'
import { SNIPPETS } from './docs-snippets.ts'
import { PAGE_STYLE } from './docs-style.ts'
import { describeEvents } from './event-catalogue.ts'

const LANGUAGES: readonly { title: string; file: keyof typeof SNIPPETS; hint: string }[] = [
  { title: 'Node', file: 'verify.mjs', hint: 'npm install standardwebhooks' },
  { title: 'Python', file: 'verify.py', hint: 'pip install standardwebhooks' },
  { title: 'Python without a library', file: 'verify_without_library.py', hint: 'Python 3.9 or later' },
  { title: 'PHP', file: 'verify.php', hint: 'composer require standard-webhooks/standard-webhooks' },
  { title: 'Go', file: 'verify.go', hint: 'go get github.com/standard-webhooks/standard-webhooks/libraries' },
]

const snippetSections = () =>
  LANGUAGES.map(
    ({ title, file, hint }) => html`<h3 id="${file}">${title}</h3>
<p><code>${hint}</code></p>
<pre data-file="${file}"><code>${SNIPPETS[file]}</code></pre>
`,
  )

/** The first attempt is made at once. */
const scheduleRows = () =>
  [0, ...DELIVERY_WAITS_MS].map(
    (
      waitMs,
      index,
    ) => html`<tr><th scope="row">${index + 1}</th><td>${index === 0 ? 'at once' : inWords(waitMs)}</td></tr>
`,
  )

function inWords(ms: number): string {
  if (ms < 60_000) return `${counted(ms / 1_000, 'second')} after the one before`
  if (ms < 3_600_000) return `${counted(ms / 60_000, 'minute')} after the one before`
  return `${counted(ms / 3_600_000, 'hour')} after the one before`
}

function counted(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}

const SCHEDULE_DAYS = Math.round(DELIVERY_WAITS_MS.reduce((sum, ms) => sum + ms, 0) / 86_400_000)

/** Made when it is first asked for: a cold start doesn't wait for it. */
export const webhooksPage = () => html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>PayBridge webhooks</title>
    <link rel="icon" href="data:,">
    <style>${raw(PAGE_STYLE)}</style>
  </head>
  <body>
    <main>
      <p><a href="/api/docs/">PayBridge API</a></p>
      <h1>Receiving webhooks</h1>
      <p>
        Whatever happens to a payment, a refund or an endpoint is an event, and each event is posted to the endpoints that
        subscribe to it. Deliveries are signed as
        <a href="https://www.standardwebhooks.com/" rel="noreferrer">Standard Webhooks</a> has it, so its published
        libraries verify them.
      </p>

      <h2 id="verify">Verify every delivery</h2>
      <p>
        Anybody can post to your address. Three headers say whether it was us: <code>webhook-id</code>,
        <code>webhook-timestamp</code> (seconds since 1970) and <code>webhook-signature</code>, which is
        <code>v1,</code> and the HMAC-SHA-256 of <code>id.timestamp.body</code> in base64, under the endpoint's secret
        (<code>whsec_…</code>, shown once, when the endpoint is made). While a secret is being replaced there are two
        signatures, separated by a space: one that is right is enough.
      </p>
${snippetSections()}
      <h2 id="rules">What a receiver has to do</h2>
      <ul>
        <li><strong>Verify the bytes as they came.</strong> A body that was parsed and written again has another
          signature. Frameworks that parse JSON by themselves have a way to the raw body: use it.</li>
        <li><strong>Refuse what is old.</strong> Whoever recorded a delivery could send it again. The timestamp is of this
          attempt, so five minutes of tolerance either way, which the libraries have, are enough; keep your clock right
          (NTP).</li>
        <li><strong>Act on each event once.</strong> A delivery is made at least once: an answer that got lost makes it come
          again, with the same <code>webhook-id</code>, which is the event's <code>id</code>. Store the id in the transaction
          that acts on the event, under a unique constraint.</li>
        <li><strong>Don't rely on the order.</strong> An event may overtake another. <code>number</code> counts without gaps,
          and <code>data</code> is the object as it was at that moment; what holds now is at
          <code>GET /api/v1/transactions/{id}/</code>. An endpoint that is <code>ordered</code> is told the events of one
          payment one after the other.</li>
        <li><strong>Answer within ${counted(LIMITS.deliveryTimeoutMs / 1_000, 'second')}</strong>, with any status from 200 to 299, and
          work afterwards. Redirects are not followed.</li>
        <li><strong>Let pass what is new.</strong> Fields and types of events are added at any time: ignore those that you
          don't know, and answer 200 to them.</li>
      </ul>

      <h2 id="retries">When a delivery fails</h2>
      <p>
        It is tried ${DELIVERY_ATTEMPTS_MAX} times over ${counted(SCHEDULE_DAYS, 'day')}. Waits are up to a tenth longer, so
        that what failed together does not come again together. <code>Retry-After</code> is heeded for up to a day.
      </p>
      <table>
        <thead><tr><th scope="col">Attempt</th><th scope="col">When</th></tr></thead>
        <tbody>
${scheduleRows()}        </tbody>
      </table>
      <p>
        An answer of 410 disables the endpoint at once. One that has accepted nothing for ${counted(LIMITS.endpointWarnDays, 'day')} is
        warned of (<code>webhook.failing</code>), and after ${counted(LIMITS.endpointDisableDays, 'day')} disabled
        (<code>webhook.disabled</code>). Nothing is lost: <code>POST /api/v1/webhooks/{id}/replay/</code> sends everything
        that an endpoint has missed, and <code>GET /api/v1/events/?after=N</code> reads it.
      </p>

      <h2 id="addresses">Where webhooks go, and where they come from</h2>
      <ul>
        <li>The URL is https, on port 443, 8443 or any above 1024, without a user name or password in it.</li>
        <li>Its host is public: no delivery goes to loopback, private, link-local or otherwise reserved addresses, nor to a
          name that leads there. This is looked at when the endpoint is saved, and again before each delivery. For your own
          machine there is <code>paybridge listen</code>.</li>
        <li>Deliveries come from Cloudflare's network, from addresses that change and that others use, too. Letting an
          address in proves nothing: the signature does.</li>
      </ul>

      <h2 id="local">On your own machine</h2>
      <pre><code>npx paybridge listen --forward-to http://localhost:3000/hook
npx paybridge trigger payment.succeeded
npx paybridge events resend evt_…</code></pre>
      <p>The first posts test events to your machine as they happen, signed with a secret that it shows, and goes on where it
        stopped.</p>

      <h2 id="types">Types of events</h2>
      <p>
        With the JSON Schema of each, and an example, as JSON: <a href="/api/v1/webhooks/event-types/"
        >/api/v1/webhooks/event-types/</a>.
      </p>
      <table>
        <thead><tr><th scope="col">Type</th><th scope="col">What it tells</th></tr></thead>
        <tbody>
${describeEvents().map(
  ({ type, description }) => html`<tr><th scope="row"><code>${type}</code></th><td>${description}</td></tr>
`,
)}        </tbody>
      </table>
    </main>
  </body>
</html>
`
