import { runTheme } from './case.ts'
import { checkoutCases } from './cases/checkout.ts'

await runTheme('conf_checkout', checkoutCases)
