import { runTheme } from './case.ts'
import { paymentAccidents } from './cases/accidents.ts'

await runTheme('conf_accidents_payment', paymentAccidents)
