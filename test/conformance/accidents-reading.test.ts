import { runTheme } from './case.ts'
import { readingAccidents } from './cases/accidents.ts'

await runTheme('conf_accidents_reading', readingAccidents)
