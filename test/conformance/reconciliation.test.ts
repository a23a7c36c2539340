import { runTheme } from './case.ts'
import { reconciliationCases } from './cases/reconciliation.ts'

await runTheme('conf_reconciliation', reconciliationCases)
