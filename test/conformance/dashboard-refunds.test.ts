import { runTheme } from './case.ts'
import { dashboardRefundCases } from './cases/dashboard-refunds.ts'

await runTheme('conf_dashboard_refunds', dashboardRefundCases)
