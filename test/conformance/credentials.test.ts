import { runTheme } from './case.ts'
import { credentialCases } from './cases/credentials.ts'

await runTheme('conf_credentials', credentialCases)
