/** A start that can't be, for a reason that whoever starts it can mend: the message is all that they need. */
export class StartRefused extends Error {
  override readonly name = 'StartRefused'
}
