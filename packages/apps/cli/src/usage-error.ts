/** A mistake in the command line or in a file it names: exit code 2, and the command's help is pointed at. */
export class UsageError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'UsageError'
  }
}
