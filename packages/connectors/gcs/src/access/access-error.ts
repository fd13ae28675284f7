/** No token could be had: nothing of the call was sent. */
export class AccessError extends Error {
  constructor(cause: unknown) {
    super('No access token could be had.', { cause })
    this.name = 'AccessError'
  }
}
