import { invalidInput } from '../errors/connector-error.ts'
import type { Secret } from '../secrets/secret.ts'

const maxHandles = 10_000

/**
 * Secrets that left through a JSON face as opaque handles. A handle is good only as an input to a connection that shares
 * this table; hosts (a flow, a command, an agent's session) make one table and give it to all of their connections.
 */
export class SecretHandles {
  readonly #secrets = new Map<string, Secret>()

  /** A handle for the secret; the oldest go when there are more than 10,000. */
  put(secret: Secret): string {
    const handle = crypto.randomUUID()
    this.#secrets.set(handle, secret)
    if (this.#secrets.size > maxHandles) {
      for (const oldest of this.#secrets.keys()) {
        this.#secrets.delete(oldest)
        break
      }
    }
    return handle
  }

  /** @throws `invalid_input` for a handle that this table never gave or no longer holds. */
  get(handle: string): Secret {
    const secret = this.#secrets.get(handle)
    if (secret === undefined)
      throw invalidInput('The secret handle is unknown here or has expired. Run the operation that gave it again.')
    return secret
  }
}
