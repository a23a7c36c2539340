/** What the tests use of Flutterwave's own client, which comes without types. */
declare module 'flutterwave-node-v3' {
  type Call = (data: Record<string, unknown>) => Promise<unknown>

  export default class Flutterwave {
    constructor(publicKey: string, secretKey: string, baseUrl?: string)
    readonly Transaction: {
      readonly fetch: Call
      readonly verify: Call
      readonly verify_by_tx: Call
      readonly refund: Call
      readonly event: Call
      readonly fee: Call
      readonly resend_hooks: Call
    }
    readonly Misc: { bal(): Promise<unknown>; readonly bal_currency: Call }
  }
}
