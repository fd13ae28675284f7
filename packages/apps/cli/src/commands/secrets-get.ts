import { exitCodes } from '../exit-codes.ts'
import { openStore } from '../project/secret-store.ts'
import { UsageError } from '../usage-error.ts'
import { defineCommand } from './command.ts'
import { storeDetails, storeOption } from './secrets-options.ts'

/** Prints the value of a secret. */
export const secretsGet = defineCommand({
  name: 'secrets get',
  summary: 'Prints the value of a secret.',
  takes: 'NAME',
  options: {
    store: storeOption,
    field: { type: 'string', value: 'FIELD', description: 'Only this field of a value that is a JSON object.' },
  },
  details: storeDetails,
  examples: ['secrets get github/token'],
  audit: ([name = '']) => name,
  async run({ host, positionals, terminal, values }) {
    const [name, ...rest] = positionals
    if (name === undefined || rest.length > 0) throw new UsageError('Name one secret.')
    const secret = await (await openStore(host, values.store)).get(name, values.field)
    if (terminal.json) terminal.data({ name, value: secret.reveal() })
    else terminal.print(secret.reveal())
    return exitCodes.ok
  },
})
