/** How forms are read: brackets raw or encoded, lists with and without numbers, what is unknown, missing or empty. */
import { describe, expect, test } from 'vitest'
import { formFingerprint, parseForm, withoutEmpty } from '../../../local/simulators/stripe/form.ts'
import { item, orderOf, stripeTest } from './stripe-world.ts'

describe('a form', () => {
  test.each([
    { sent: 'mode=payment', reads: { mode: 'payment' } },
    { sent: 'a[b][c]=1&a[b][d]=2', reads: { a: { b: { c: '1', d: '2' } } } },
    { sent: 'a%5Bb%5D%5B0%5D=1', reads: { a: { b: { 0: '1' } } } },
    { sent: 'a[0][b]=1&a[1][b]=2', reads: { a: { 0: { b: '1' }, 1: { b: '2' } } } },
    { sent: 'a[]=1&a[]=2', reads: { a: { 0: '1', 1: '2' } } },
    { sent: 'name=Two%20words&other=Two+words', reads: { name: 'Two words', other: 'Two words' } },
    { sent: 'plus=a%2Bb', reads: { plus: 'a+b' } },
    { sent: 'a=1&a=2', reads: { a: '2' } },
    { sent: 'odd[=1', reads: { 'odd[': '1' } },
    { sent: '__proto__[x]=1', reads: { ['__proto__']: { x: '1' } } },
    { sent: '', reads: {} },
  ])('$sent', ({ sent, reads }) => {
    expect(JSON.stringify(parseForm(sent))).toBe(JSON.stringify(reads))
  })

  test('what is empty was not sent, but where it clears something', () => {
    const fields = parseForm('a=&b=1&c[d]=&metadata[x]=')
    expect(JSON.stringify(withoutEmpty(fields, ['metadata']))).toBe('{"b":"1","c":{},"metadata":{"x":""}}')
  })

  test('two forms are the same when their parameters are, in whatever order and encoding', () => {
    expect(formFingerprint('b=2&a[0]=x%20y')).toBe(formFingerprint('a%5B0%5D=x+y&b=2'))
    expect(formFingerprint('a[]=1&a[]=2')).not.toBe(formFingerprint('a[]=2&a[]=1'))
    expect(formFingerprint('a=1')).not.toBe(formFingerprint('a=2'))
  })
})

describe('a parameter', () => {
  const order = orderOf('usd', 4500)
  const itemWith = (change: object) => ({ ...order, line_items: [{ ...item('usd', 4500), ...change }] })
  const { success_url: _, ...withoutUrl } = order

  test.each([
    { sent: { ...order, colour: 'red' }, code: 'parameter_unknown', param: 'colour' },
    { sent: { ...order, payment_method_types: ['card'] }, code: 'parameter_unknown', param: 'payment_method_types' },
    { sent: itemWith({ weight: '1' }), code: 'parameter_unknown', param: 'line_items[0][weight]' },
    { sent: { ...withoutUrl, colour: 'red' }, code: 'parameter_unknown', param: 'colour' },
    { sent: withoutUrl, code: 'parameter_missing', param: 'success_url' },
    { sent: { ...order, success_url: '' }, code: 'parameter_invalid_empty', param: 'success_url' },
    { sent: { mode: 'payment', success_url: 'https://a.example' }, code: 'parameter_missing', param: 'line_items' },
    { sent: itemWith({ quantity: '' }), code: 'parameter_invalid_empty', param: 'line_items[0][quantity]' },
    { sent: itemWith({ quantity: '1.5' }), code: 'parameter_invalid_integer', param: 'line_items[0][quantity]' },
    { sent: itemWith({ quantity: '0' }), code: 'parameter_invalid_integer', param: 'line_items[0][quantity]' },
    { sent: { ...order, success_url: 'shop' }, code: 'url_invalid', param: 'success_url' },
    { sent: { ...order, customer_email: 'nobody' }, code: 'email_invalid', param: 'customer_email' },
    { sent: { ...order, ui_mode: 'hosted' }, code: undefined, param: 'ui_mode' },
    { sent: { ...order, client_reference_id: 'r'.repeat(201) }, code: undefined, param: 'client_reference_id' },
    { sent: { ...order, metadata: { ['k'.repeat(41)]: 'v' } }, code: undefined, param: 'metadata' },
    { sent: { ...order, metadata: { k: 'v'.repeat(501) } }, code: undefined, param: 'metadata[k]' },
    { sent: { ...order, metadata: manyKeys(51) }, code: undefined, param: 'metadata' },
    { sent: orderOf('USD', 4500), code: undefined, param: 'line_items[0][price_data][currency]' },
    { sent: { ...order, expand: ['nobody'] }, code: undefined, param: 'expand' },
  ])('is refused: $param, $code', async ({ sent, code, param }) => {
    const { merchant } = stripeTest()
    const refused = await merchant.refusal('/checkout/sessions', sent)
    expect(refused).toMatchObject({ status: 400, type: 'invalid_request_error', param })
    expect(refused.code).toBe(code)
  })

  test('lists without numbers are taken as well', async () => {
    const { merchant } = stripeTest()
    const body =
      'mode=payment&success_url=https%3A%2F%2Fshop.example%2F&allowed_payment_method_types[]=card&expand[]=line_items&' +
      'line_items[0][quantity]=1&line_items[0][price_data][currency]=usd&line_items[0][price_data][unit_amount]=900&' +
      'line_items[0][price_data][product_data][name]=One'
    const answer = await merchant.request('POST', '/checkout/sessions', body)
    expect(await answer.json()).toMatchObject({ amount_total: 900, line_items: { data: [{ description: 'One' }] } })
  })

  test('an unknown one is refused in a query, too', async () => {
    const { merchant } = stripeTest()
    expect(await merchant.get('/refunds?colour=red')).toMatchObject({
      status: 400,
      body: { error: { code: 'parameter_unknown', param: 'colour' } },
    })
  })
})

function manyKeys(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`key-${index}`, 'v']))
}
