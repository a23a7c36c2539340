/**
 * Amounts: decimal text and numbers on Chapa's wire, whole cents within. Both currencies have two decimals (sheet,
 * section 2).
 */

export const CURRENCIES = ['ETB', 'USD'] as const

/** `400.00` as webhooks print it, or `400.000` as the list does. */
export function amountText(cents: number, decimals: 2 | 3 = 2): string {
  const digits = String(cents).padStart(3, '0')
  return `${digits.slice(0, -2)}.${digits.slice(-2)}${'0'.repeat(decimals - 2)}`
}

/** The JSON number that verify prints: `10`, `3.5`. */
export function amountNumber(cents: number): number {
  return Number(amountText(cents))
}

/** What PHP takes for a number. */
const NUMERIC = /^\s*([+-]?)(\d+\.?\d*|\.\d+)(?:e([+-]?\d{1,6}))?\s*$/i

/** Beyond any limit of Chapa's, and short enough to count with. */
const EXPONENT_MAX = 30

/**
 * Cents of an amount as it was sent, as lax as Chapa is (observed): `10`, `"00010.50"`, `"1e2"` and twenty decimals all
 * pass. What Chapa keeps beyond the second decimal is unknown; here it is cut off.
 */
export function readAmount(value: unknown): number | 'absent' | 'not_numeric' {
  if (value === undefined || value === null || value === '') return 'absent'
  const parts = typeof value === 'string' || typeof value === 'number' ? NUMERIC.exec(String(value)) : null
  if (parts === null) return 'not_numeric'
  const [, sign, decimal = '', exponent = '0'] = parts
  const [whole = '', fraction = ''] = decimal.split('.')
  const shift = Math.max(-EXPONENT_MAX, Math.min(Number(exponent), EXPONENT_MAX)) + 2 - fraction.length
  const digits = BigInt(`0${whole}${fraction}`)
  const cents = shift >= 0 ? digits * 10n ** BigInt(shift) : digits / 10n ** BigInt(-shift)
  const counted = cents > Number.MAX_SAFE_INTEGER ? Number.MAX_SAFE_INTEGER : Number(cents)
  return sign === '-' ? -counted : counted
}
