import { runTheme } from './case.ts'
import { webhookCases } from './cases/webhooks.ts'

await runTheme('conf_webhooks', webhookCases)
