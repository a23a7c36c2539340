/**
 * The hosted checkout page of every simulator: one self-contained HTML page of plain forms, which works without
 * JavaScript, on a phone, in the dark and for a screen reader. Whatever it shows is escaped.
 */
import { html, raw } from 'hono/html'

/** An amount as a payer reads it: `NGN 1,500.00`. */
export function amountText(amountMinor: number, currency: string, exponent: number): string {
  const digits = String(amountMinor).padStart(exponent + 1, '0')
  const units = digits.slice(0, digits.length - exponent).replace(/\B(?=(\d{3})+$)/g, ',')
  return `${currency} ${units}${exponent > 0 ? `.${digits.slice(-exponent)}` : ''}`
}

export interface CheckoutView {
  provider: string
  merchant: string
  email: string
  amount: string
  reference: string
  testMode: boolean
  /** Where the forms post. */
  action: string
  /** What went wrong, or what to know, above the form. */
  notice?: string | undefined
  stage: CheckoutStage
}

export type CheckoutStage =
  | { kind: 'choose'; groups: readonly MethodGroup[] }
  | { kind: 'ask'; title: string; field: string; label: string; hint: string; numeric: boolean }
  | { kind: 'wait'; title: string; text: string; buttons: readonly FormButton[] }
  | { kind: 'ended'; tone: 'good' | 'neutral'; title: string; text: string; link?: { url: string; label: string } }

export interface MethodGroup {
  title: string
  methods: readonly { id: string; label: string; hint: string }[]
}

export interface FormButton {
  /** Posted when pressed, as `name=value`. */
  name: string
  value: string
  label: string
  weight: 'primary' | 'plain' | 'danger'
}

const PAY = { name: 'act', value: 'pay', weight: 'primary' } as const
const DECLINE: FormButton = { name: 'act', value: 'decline', label: 'Decline', weight: 'danger' }
const WALK_AWAY: FormButton = { name: 'act', value: 'walk-away', label: 'Walk away', weight: 'plain' }

type Markup = ReturnType<typeof html>

/** The page as one HTML document. */
export async function checkoutPage(view: CheckoutView): Promise<string> {
  const page = await html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<title>${view.amount} to ${view.merchant} · ${view.provider} simulator</title>
<style>${raw(STYLE)}</style>
</head>
<body>
<main>
<p class="mode">${view.provider} simulator · ${view.testMode ? 'test mode' : 'live mode'} · no money moves</p>
<section class="card" aria-label="Checkout">
<header>
<p class="merchant">${view.merchant}</p>
<h1>${view.amount}</h1>
<p class="quiet">${view.email}</p>
</header>
${view.notice === undefined ? '' : html`<p class="notice" role="alert">${view.notice}</p>`}
${stageMarkup(view)}
</section>
<p class="reference">Reference <code>${view.reference}</code></p>
</main>
</body>
</html>
`
  return page.toString()
}

function stageMarkup({ stage, action, amount }: CheckoutView): Markup {
  switch (stage.kind) {
    case 'choose':
      return html`<form method="post" action="${action}">
${stage.groups.map((group, index) => groupMarkup(group, index === 0))}
${buttonsMarkup([{ ...PAY, label: `Pay ${amount}` }, DECLINE, WALK_AWAY])}
</form>`
    case 'ask':
      return html`<form method="post" action="${action}">
<h2>${stage.title}</h2>
<label class="field"><span>${stage.label}</span>
<input name="${stage.field}" aria-describedby="hint" autocomplete="off" autofocus${stage.numeric ? raw(' inputmode="numeric"') : ''}></label>
<p class="quiet" id="hint">${stage.hint}</p>
${buttonsMarkup([{ ...PAY, label: 'Continue' }, WALK_AWAY])}
</form>`
    case 'wait':
      return html`<form method="post" action="${action}">
<h2>${stage.title}</h2>
<p>${stage.text}</p>
${buttonsMarkup([...stage.buttons, WALK_AWAY])}
</form>`
    case 'ended':
      return html`<div class="ended ${stage.tone}" role="status">
<h2>${stage.title}</h2>
<p>${stage.text}</p>
${stage.link === undefined ? '' : html`<a class="button plain" href="${stage.link.url}">${stage.link.label}</a>`}
</div>`
  }
}

/** The first methods of a group; a long rest is folded away, so that the buttons stay in sight on a phone. */
const UNFOLDED_METHODS = 2

function groupMarkup({ title, methods }: MethodGroup, checked: boolean): Markup {
  const rest = methods.slice(UNFOLDED_METHODS)
  return html`<fieldset>
<legend>${title}</legend>
<div class="methods">
${methods.slice(0, UNFOLDED_METHODS).map((method, index) => methodMarkup(method, checked && index === 0))}
${rest.length === 0 ? '' : html`<details><summary>${rest.length} more</summary>${rest.map((method) => methodMarkup(method, false))}</details>`}
</div>
</fieldset>`
}

function methodMarkup({ id, label, hint }: MethodGroup['methods'][number], checked: boolean): Markup {
  return html`<label class="method">
<input type="radio" name="method" value="${id}"${checked ? raw(' checked') : ''} required>
<span><span class="name">${label}</span><span class="quiet">${hint}</span></span>
</label>`
}

function buttonsMarkup(buttons: readonly FormButton[]): Markup {
  return html`<div class="buttons">
${buttons.map(
  ({ name, value, label, weight }) =>
    html`<button class="button ${weight}" name="${name}" value="${value}"${
      // A payer who leaves or declines has nothing to choose or fill in.
      weight === 'primary' ? '' : raw(' formnovalidate')
    }>${label}</button>`,
)}
</div>`
}

const STYLE = `
:root {
  --page: #f3f5f8; --card: #ffffff; --ink: #14202e; --quiet: #56657a; --line: #d7dee8;
  --accent: #0b6e4f; --accent-ink: #ffffff; --danger: #a4262c; --notice: #fdf0e6; --notice-ink: #7a3803; --good: #0b6e4f;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0e141b; --card: #18212c; --ink: #e8eef6; --quiet: #9fb0c5; --line: #2c3a4a;
    --accent: #35b98b; --accent-ink: #06231a; --danger: #ff8f8f; --notice: #3a2613; --notice-ink: #ffc999; --good: #4fd3a4;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif;
}
main { max-width: 30rem; margin: 0 auto; padding: 1.25rem 1rem 2.5rem; }
p { margin: 0; }
h1 { margin: .1rem 0 .15rem; font-size: 2.1rem; line-height: 1.15; letter-spacing: -.02em; font-variant-numeric: tabular-nums; }
h2 { margin: 0 0 .4rem; font-size: 1.15rem; }
.quiet { color: var(--quiet); font-size: .9rem; }
.mode { margin-bottom: .8rem; text-align: center; color: var(--quiet); font-size: .8rem; letter-spacing: .02em; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 16px; overflow: hidden; box-shadow: 0 8px 30px rgb(10 25 45 / .08); }
header { padding: 1.4rem 1.5rem 1.2rem; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
.merchant { font-weight: 600; }
form, .ended { padding: 1.3rem 1.5rem 1.5rem; }
fieldset { border: 0; margin: 0 0 1.2rem; padding: 0; min-width: 0; }
legend { padding: 0; margin-bottom: .5rem; font-size: .8rem; font-weight: 600; letter-spacing: .05em; text-transform: uppercase; color: var(--quiet); }
.methods { border: 1px solid var(--line); border-radius: 10px; overflow: hidden; }
.method { display: flex; gap: .8rem; align-items: center; padding: .6rem .85rem; cursor: pointer; }
.method + .method, details, details .method { border-top: 1px solid var(--line); }
summary { padding: .6rem .85rem; color: var(--quiet); font-size: .9rem; cursor: pointer; }
.method:has(input:checked) { background: color-mix(in srgb, var(--accent) 10%, transparent); }
.method input { flex: none; width: 1.1rem; height: 1.1rem; margin: 0; accent-color: var(--accent); }
.method > span { display: flex; flex-direction: column; min-width: 0; }
.name { font-variant-numeric: tabular-nums; }
.field { display: block; margin: .9rem 0 .4rem; }
.field span { display: block; margin-bottom: .3rem; font-weight: 600; font-size: .9rem; }
.field input { width: 100%; padding: .7rem .8rem; font: inherit; font-size: 1.1rem; color: inherit; background: var(--page); border: 1px solid var(--line); border-radius: 10px; }
.buttons { display: grid; grid-template-columns: 1fr 1fr; gap: .6rem; margin-top: 1.2rem; }
.button { display: inline-block; padding: .75rem 1rem; font: inherit; font-weight: 600; text-align: center; text-decoration: none; color: var(--ink); background: transparent; border: 1px solid var(--line); border-radius: 10px; cursor: pointer; }
.button.primary { grid-column: 1 / -1; color: var(--accent-ink); background: var(--accent); border-color: var(--accent); }
.button.danger { color: var(--danger); }
.buttons .plain:last-child:nth-child(even) { grid-column: 1 / -1; }
.button:hover { filter: brightness(1.06); }
:focus-visible { outline: 3px solid color-mix(in srgb, var(--accent) 55%, transparent); outline-offset: 2px; }
.notice { margin: 1.1rem 1.5rem 0; padding: .7rem .9rem; background: var(--notice); color: var(--notice-ink); border-radius: 10px; font-size: .95rem; }
.ended { text-align: center; padding-block: 2rem; }
.ended.good h2 { color: var(--good); }
.ended a { margin-top: 1.2rem; }
.reference { margin-top: 1rem; text-align: center; color: var(--quiet); font-size: .8rem; overflow-wrap: anywhere; }
`
