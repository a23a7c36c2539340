import { runTheme } from './case.ts'
import { paymentCases } from './cases/payment.ts'

await runTheme('conf_payment', paymentCases)
