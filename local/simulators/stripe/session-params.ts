/** What `POST /v1/checkout/sessions` takes (sheet, section 3). */
import { z } from 'zod'
import { email, flag, ignored, integer, list, metadata, params, text, webUrl } from './params.ts'

/** Payment method types that Stripe knows; the page of this simulator has two of them. */
const METHOD_TYPES = [
  ...['acss_debit', 'affirm', 'afterpay_clearpay', 'alipay', 'alma', 'amazon_pay', 'au_becs_debit', 'bacs_debit'],
  ...['bancontact', 'billie', 'bizum', 'blik', 'boleto', 'card', 'cashapp', 'crypto', 'customer_balance', 'eps', 'fpx'],
  ...['giropay', 'grabpay', 'ideal', 'kakao_pay', 'klarna', 'konbini', 'kr_card', 'link', 'mb_way', 'mobilepay'],
  ...['multibanco', 'naver_pay', 'nz_bank_account', 'oxxo', 'p24', 'pay_by_bank', 'payco', 'paynow', 'paypal'],
  ...['paypay', 'payto', 'pix', 'promptpay', 'revolut_pay', 'samsung_pay', 'satispay', 'scalapay', 'sepa_debit'],
  ...['sequra', 'sofort', 'sunbit', 'swish', 'twint', 'upi', 'us_bank_account', 'wechat_pay', 'zip'],
] as const

const productData = z.strictObject({
  name: text(),
  description: text().optional(),
  images: ignored,
  metadata: metadata.optional(),
  tax_code: ignored,
  tax_details: ignored,
  unit_label: ignored,
})

const priceData = z.strictObject({
  currency: text().refine((value) => /^[a-z]{3}$/.test(value), {
    error: ({ input }) => `Invalid currency: ${input}. A currency is three letters in lower case.`,
  }),
  unit_amount: integer({ min: 0 }),
  product_data: productData,
  tax_behavior: ignored,
})

const lineItem = z.strictObject({
  price_data: priceData,
  quantity: integer({ min: 1 }),
  adjustable_quantity: ignored,
  metadata: metadata.optional(),
  tax_rates: ignored,
})
export type LineItemParams = z.infer<typeof lineItem>

const MOST_ITEMS = 100

const intentData = z.strictObject({
  metadata: metadata.optional(),
  description: text().optional(),
  receipt_email: email.optional(),
  capture_method: z.enum(['automatic', 'automatic_async']).optional(),
  statement_descriptor: text(22).optional(),
  statement_descriptor_suffix: text(22).optional(),
  application_fee_amount: ignored,
  on_behalf_of: ignored,
  setup_future_usage: ignored,
  shipping: ignored,
  transfer_data: ignored,
  transfer_group: ignored,
})

export const sessionParams = params({
  mode: z.enum(['payment']),
  ui_mode: z.enum(['hosted_page']).optional(),
  line_items: list(lineItem).refine((items) => items.length <= MOST_ITEMS, {
    error: `You can have at most ${MOST_ITEMS} line items`,
  }),
  success_url: webUrl,
  cancel_url: webUrl.optional(),
  client_reference_id: text(200).optional(),
  customer_email: email.optional(),
  metadata: metadata.optional(),
  payment_intent_data: intentData.optional(),
  expires_at: integer().optional(),
  allowed_payment_method_types: list(z.enum(METHOD_TYPES)).optional(),
  adaptive_pricing: z.strictObject({ enabled: flag.optional() }).optional(),
  locale: text().optional(),
  submit_type: z.enum(['auto', 'book', 'donate', 'pay']).optional(),
  after_expiration: ignored,
  allow_promotion_codes: ignored,
  automatic_tax: ignored,
  billing_address_collection: ignored,
  branding_settings: ignored,
  consent_collection: ignored,
  currency: ignored,
  custom_fields: ignored,
  custom_text: ignored,
  customer: ignored,
  customer_account: ignored,
  customer_creation: ignored,
  customer_update: ignored,
  discounts: ignored,
  excluded_payment_method_types: ignored,
  integration_identifier: ignored,
  invoice_creation: ignored,
  managed_payments: ignored,
  name_collection: ignored,
  optional_items: ignored,
  origin_context: ignored,
  payment_method_collection: ignored,
  payment_method_configuration: ignored,
  payment_method_data: ignored,
  payment_method_options: ignored,
  permissions: ignored,
  phone_number_collection: ignored,
  redirect_on_completion: ignored,
  return_url: ignored,
  saved_payment_method_options: ignored,
  setup_intent_data: ignored,
  shipping_address_collection: ignored,
  shipping_options: ignored,
  subscription_data: ignored,
  tax_id_collection: ignored,
  wallet_options: ignored,
})
export type SessionParams = z.infer<typeof sessionParams>
