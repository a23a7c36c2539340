/** The faults that the Chapa simulator can show: the kit's, and what only Chapa does or leaves open. */
import { z } from 'zod'
import { callFaults, FaultBoard, faultScope, moneyFaults, webhookFaults } from '../kit/faults.ts'

// Chapa tells one amount only, so that a partial debit or a fee on the payer could not be seen.
const [wrongAmount, wrongCurrency] = moneyFaults
const ms = z.int().nonnegative()

export const chapaFault = z.discriminatedUnion('kind', [
  ...callFaults,
  ...webhookFaults,
  wrongAmount,
  wrongCurrency,
  /** The other mode in verify or in an event, whichever `operation` names. */
  z.strictObject({ kind: z.literal('wrong_mode'), ...faultScope }),
  /** Another amount in the event; verify tells the true one. */
  z.strictObject({ kind: z.literal('webhook_wrong_amount'), delta: z.int(), ...faultScope }),
  z.strictObject({ kind: z.literal('callback_lost'), ...faultScope }),
  z.strictObject({ kind: z.literal('callback_late'), ms, ...faultScope }),
])

export type ChapaFault = z.infer<typeof chapaFault>
export type ChapaFaultBoard = FaultBoard<ChapaFault>

export const createChapaFaultBoard = (): ChapaFaultBoard => new FaultBoard<ChapaFault>()
