/** How a payer pays, in words that are the same for every provider. */

export const PAYMENT_METHODS = ['card', 'bank_transfer', 'bank_account', 'mobile_money', 'ussd', 'wallet'] as const

export type PaymentMethod = (typeof PAYMENT_METHODS)[number]
