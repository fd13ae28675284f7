import { exitCodes } from '../exit-codes.ts'
import { openStore } from '../project/secret-store.ts'
import { UsageError } from '../usage-error.ts'
import { defineCommand } from './command.ts'
import { storeDetails, storeOption } from './secrets-options.ts'

/** Deletes a secret. */
export const secretsDelete = defineCommand({
  name: 'secrets delete',
  summary: 'Deletes a secret for good.',
  takes: 'NAME',
  options: { store: storeOption },
  details: storeDetails,
  examples: ['secrets delete github/token'],
  async run({ host, positionals, terminal, values }) {
    const [name, ...rest] = positionals
    if (name === undefined || rest.length > 0) throw new UsageError('Name one secret.')
    const deleted = await (await openStore(host, values.store)).delete(name)
    if (terminal.json) terminal.data({ deleted })
    else terminal.print(deleted ? 'Deleted.' : `There is no secret "${name}".`)
    return deleted ? exitCodes.ok : exitCodes.failure
  },
})
