import { runTheme } from './case.ts'
import { budgetCases } from './cases/budget.ts'

await runTheme('conf_budget', budgetCases)
