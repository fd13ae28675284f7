import { Secret } from '@casare/core'
import { exitCodes } from '../exit-codes.ts'
import { openStore } from '../project/secret-store.ts'
import { UsageError } from '../usage-error.ts'
import { defineCommand } from './command.ts'
import { storeDetails, storeOption } from './secrets-options.ts'

/** Locks the store with another key. */
export const secretsRotate = defineCommand({
  name: 'secrets rotate',
  summary: 'Locks the store with a new key: another key file, or the passphrase in CASARE_SECRETS_NEW_KEY.',
  takes: '',
  options: { store: storeOption },
  details: `${storeDetails} A store with a passphrase gets the one in CASARE_SECRETS_NEW_KEY, and so does one with a key file where that is set. Copies of the store that were made before open with the old key as ever: replace the secrets themselves where it has leaked.`,
  examples: ['secrets rotate'],
  audit: () => 'the key of the store',
  async run({ host, terminal, positionals, values }) {
    if (positionals.length > 0)
      throw new UsageError('It is the key of the whole store that is rotated. To replace one secret, set it again.')
    const passphrase = host.env['CASARE_SECRETS_NEW_KEY']
    if ((passphrase ?? '') === '' && (host.env['CASARE_SECRETS_KEY'] ?? '') !== '')
      throw new UsageError(
        'Set the new passphrase in CASARE_SECRETS_NEW_KEY; CASARE_SECRETS_KEY holds the present one.',
      )
    const store = await openStore(host, values.store)
    await store.rotateKey(
      passphrase === undefined || passphrase === ''
        ? undefined
        : { kind: 'passphrase', passphrase: new Secret(passphrase, 'env CASARE_SECRETS_NEW_KEY') },
    )
    const secrets = (await store.list()).length
    if (terminal.json) terminal.data({ rotated: true, secrets })
    else terminal.print(`The store is locked with the new key; ${secrets} secrets are in it.`)
    return exitCodes.ok
  },
})
