import { resolve } from 'node:path'
import { ConnectorError, Secret, type SecretProvider } from '@casare/core'
import type { SecretStore, StoreKey } from '@casare/secrets'
import type { Host } from '../host.ts'

/** Where secrets are kept, below the working folder; the key file lies beside it. */
export const secretsFile = '.casare/secrets.json'

/** Where a store is looked for. */
export type StorePlace = Pick<Host, 'folder' | 'env'>

/** The store of the working folder: locked with `CASARE_SECRETS_KEY` where that is set, else with a key file of its own. */
export async function openStore({ folder, env }: StorePlace, file: string | undefined): Promise<SecretStore> {
  const { openSecretStore } = await import('@casare/secrets')
  const path = resolve(folder, file ?? secretsFile)
  return openSecretStore({ path, key: keyOf(env['CASARE_SECRETS_KEY'], path) })
}

/** For `secret://store/NAME`; opens the store with the first reference to it. */
export function storeProvider(place: StorePlace): SecretProvider {
  let opened: Promise<SecretStore> | undefined
  return async (reference) => {
    opened ??= openStore(place, undefined)
    try {
      return await (await opened).provider(reference)
    } catch (error) {
      if (!ConnectorError.is(error, 'not_found') || reference.field !== undefined) throw error
      throw ConnectorError.with(
        error,
        {},
        { message: `${error.message} To set it: casare secrets set ${reference.path}` },
      )
    }
  }
}

/** A key file for `secrets.json` is `secrets.key`. */
function keyOf(passphrase: string | undefined, path: string): StoreKey {
  return passphrase === undefined || passphrase === ''
    ? { kind: 'keyFile', path: `${path.replace(/\.json$/, '')}.key` }
    : { kind: 'passphrase', passphrase: new Secret(passphrase, 'env CASARE_SECRETS_KEY') }
}
