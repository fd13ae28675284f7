/** Where the connection's token comes from. */
export interface TokenSource {
  /** The token to use now. @throws `ConnectorError` with `applied: 'no'` where a login fails. */
  current(signal: AbortSignal): Promise<string>
  /** Another token in place of one that Vault does not take any more; `undefined` where there is no way to get one. */
  replaced(token: string, signal: AbortSignal): Promise<string | undefined>
  /** The token that is ours alone, and ends with the connection; `undefined` where there is none. */
  readonly own: string | undefined
  /** Renews no more. */
  stop(): void
}
