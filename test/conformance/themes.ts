/** Every theme, by the name of its test file. */

import type { Theme } from './case.ts'
import { paymentAccidents, readingAccidents, refundAccidents } from './cases/accidents.ts'
import { budgetCases } from './cases/budget.ts'
import { checkoutCases } from './cases/checkout.ts'
import { credentialCases } from './cases/credentials.ts'
import { dashboardRefundCases } from './cases/dashboard-refunds.ts'
import { paymentCases } from './cases/payment.ts'
import { reconciliationCases } from './cases/reconciliation.ts'
import { refundCases } from './cases/refunds.ts'
import { webhookCases } from './cases/webhooks.ts'

export const THEMES: Readonly<Record<string, Theme>> = {
  checkout: checkoutCases,
  payment: paymentCases,
  'accidents of payments': paymentAccidents,
  'accidents of refunds': refundAccidents,
  'accidents of reading': readingAccidents,
  webhooks: webhookCases,
  refunds: refundCases,
  'dashboard refunds': dashboardRefundCases,
  credentials: credentialCases,
  reconciliation: reconciliationCases,
  budget: budgetCases,
}
