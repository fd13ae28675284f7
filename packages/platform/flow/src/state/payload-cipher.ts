import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { ConnectorError, invalidInput } from '@casare/core'

const algorithm = 'aes-256-gcm'
const keyBytes = 32
const nonceBytes = 12
const tagBytes = 16
const formatVersion = 1

/** Encrypts what the state file keeps of records: AES-256-GCM (NIST SP 800-38D), a random nonce each, bound to its key. */
export class PayloadCipher {
  readonly #key: Buffer

  private constructor(key: Buffer) {
    this.#key = key
  }

  /**
   * The key comes from `CASARE_STATE_KEY` (32 bytes in base64 or hex), else from a file made beside the state, mode 0600.
   * @throws `invalid_input` for a key that is none.
   */
  static open(statePath: string, environmentKey: string | undefined): PayloadCipher {
    if (environmentKey !== undefined && environmentKey !== '')
      return new PayloadCipher(decodeKey(environmentKey, 'CASARE_STATE_KEY'))
    const path = `${statePath}.key`
    return new PayloadCipher(decodeKey(createKeyFile(path) ?? readFileSync(path, 'utf8'), path))
  }

  encrypt(text: string, boundTo: string): Buffer {
    const nonce = randomBytes(nonceBytes)
    const cipher = createCipheriv(algorithm, this.#key, nonce).setAAD(Buffer.from(boundTo))
    const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
    return Buffer.concat([Buffer.of(formatVersion), nonce, cipher.getAuthTag(), body])
  }

  /** @throws `invalid_input` where the key is another one, or the payload was changed. */
  decrypt(sealed: Uint8Array, boundTo: string): string {
    const bytes = Buffer.from(sealed)
    if (bytes[0] !== formatVersion)
      throw new ConnectorError({
        code: 'unsupported',
        message: 'The payload was written by a newer version. Update Casare.',
      })
    const nonce = bytes.subarray(1, 1 + nonceBytes)
    const tag = bytes.subarray(1 + nonceBytes, 1 + nonceBytes + tagBytes)
    try {
      const decipher = createDecipheriv(algorithm, this.#key, nonce).setAAD(Buffer.from(boundTo)).setAuthTag(tag)
      return Buffer.concat([decipher.update(bytes.subarray(1 + nonceBytes + tagBytes)), decipher.final()]).toString(
        'utf8',
      )
    } catch (error) {
      throw invalidInput(
        'The payload cannot be decrypted: the key is not the one it was written with (CASARE_STATE_KEY, or the .key file beside the state), or the file was changed.',
        error,
      )
    }
  }
}

function decodeKey(text: string, where: string): Buffer {
  const trimmed = text.trim()
  const key = /^[0-9a-f]{64}$/i.test(trimmed) ? Buffer.from(trimmed, 'hex') : Buffer.from(trimmed, 'base64')
  if (key.length !== keyBytes) throw invalidInput(`${where}: the key must be ${keyBytes} bytes in base64 or hex.`)
  return key
}

/** Makes the key file where there is none; of two processes one wins, the other reads. */
function createKeyFile(path: string): string | undefined {
  let file: number
  try {
    file = openSync(path, 'wx', 0o600)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined
    throw error
  }
  try {
    const text = `${randomBytes(keyBytes).toString('base64')}\n`
    writeSync(file, text)
    fsyncSync(file)
    return text
  } finally {
    closeSync(file)
  }
}
