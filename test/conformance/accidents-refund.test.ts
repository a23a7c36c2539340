import { runTheme } from './case.ts'
import { refundAccidents } from './cases/accidents.ts'

await runTheme('conf_accidents_refund', refundAccidents)
