import { runTheme } from './case.ts'
import { refundCases } from './cases/refunds.ts'

await runTheme('conf_refunds', refundCases)
