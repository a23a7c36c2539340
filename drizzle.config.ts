/** For drizzle-kit's studio and comparisons. The truth of the schema is migrations/, which `local/database` applies. */

import { defineConfig } from 'drizzle-kit'

export default defineConfig({
  dialect: 'postgresql',
  schema: './src/db/schema/*.ts',
  out: './.paybridge/drizzle',
})
