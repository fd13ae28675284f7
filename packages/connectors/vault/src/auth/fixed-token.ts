import type { Secret } from '@casare/core'
import type { TokenSource } from './token-source.ts'

/** A token that somebody else made. Read anew at each use, so that one in a file may be replaced. */
export class FixedToken implements TokenSource {
  readonly #token: Secret
  readonly own = undefined

  constructor(token: Secret) {
    this.#token = token
  }

  async current(): Promise<string> {
    return this.#token.reveal()
  }

  async replaced(token: string): Promise<string | undefined> {
    const now = this.#token.reveal()
    return now === token ? undefined : now
  }

  stop(): void {}
}
