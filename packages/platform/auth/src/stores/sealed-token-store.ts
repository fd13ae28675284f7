import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { ConnectorError, invalidInput, type Secret } from '@casare/core'
import type { StoredTokens, TokenStore } from './token-store.ts'

const mark = 'casare1:'
const nonceBytes = 12
const tagBytes = 16

/**
 * A store whose values are encrypted before they reach another (AES-256-GCM, NIST SP 800-38D): who reads the table or the file
 * reads no token. The key of a value is authenticated with it, so that none can be put in the place of another.
 * @param key 32 bytes in base64, as `openssl rand -base64 32` makes them.
 * @throws `invalid_input` for a key that is none, and from `read` for a value that was not sealed; `unauthenticated` from `read`
 * for another key or a changed value.
 */
export function sealedTokenStore(store: TokenStore, key: Secret): TokenStore {
  const bytes = (): Buffer => {
    const raw = Buffer.from(key.reveal(), 'base64')
    if (raw.length !== 32) throw invalidInput('The key of a sealed token store must be 32 bytes in base64.')
    return raw
  }
  bytes()
  const seal = (name: string, value: string): string => {
    const nonce = randomBytes(nonceBytes)
    const cipher = createCipheriv('aes-256-gcm', bytes(), nonce).setAAD(Buffer.from(name))
    const sealed = Buffer.concat([nonce, cipher.update(value, 'utf8'), cipher.final(), cipher.getAuthTag()])
    return mark + sealed.toString('base64')
  }
  const open = (name: string, stored: StoredTokens): StoredTokens => {
    if (!stored.value.startsWith(mark))
      throw invalidInput(`The tokens "${name}" were stored without a seal. Log in again to store them sealed.`)
    const sealed = Buffer.from(stored.value.slice(mark.length), 'base64')
    try {
      const decipher = createDecipheriv('aes-256-gcm', bytes(), sealed.subarray(0, nonceBytes))
        .setAAD(Buffer.from(name))
        .setAuthTag(sealed.subarray(-tagBytes))
      const value = Buffer.concat([decipher.update(sealed.subarray(nonceBytes, -tagBytes)), decipher.final()])
      return { value: value.toString('utf8'), version: stored.version }
    } catch {
      throw new ConnectorError({
        code: 'unauthenticated',
        message: `The tokens "${name}" cannot be opened: the key is another one, or the value was changed.`,
      })
    }
  }
  return {
    async read(name) {
      const stored = await store.read(name)
      return stored === undefined ? undefined : open(name, stored)
    },
    acquire: (name, holder, ttlMs) => store.acquire(name, holder, ttlMs),
    extend: (name, fence, ttlMs) => store.extend(name, fence, ttlMs),
    release: (name, fence) => store.release(name, fence),
    replace: (name, version, value) => store.replace(name, version, seal(name, value)),
    put: (name, value) => store.put(name, seal(name, value)),
    delete: (name) => store.delete(name),
  }
}
