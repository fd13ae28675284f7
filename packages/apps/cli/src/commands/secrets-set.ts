import { exitCodes } from '../exit-codes.ts'
import { openStore } from '../project/secret-store.ts'
import { readText } from '../read-stdin.ts'
import { UsageError } from '../usage-error.ts'
import { defineCommand } from './command.ts'
import { storeDetails, storeOption } from './secrets-options.ts'

/** Sets a secret. */
export const secretsSet = defineCommand({
  name: 'secrets set',
  summary: 'Sets a secret, or replaces it; its value comes from standard input.',
  takes: 'NAME',
  options: { store: storeOption },
  details: `${storeDetails} One line break at the end of the value is taken off. A value on the command line would be seen by every user of the machine, so there is no option for it.`,
  examples: ['secrets set github/token < token.txt'],
  async run({ host, positionals, redactor, terminal, values }) {
    const [name, ...rest] = positionals
    if (name === undefined || rest.length > 0)
      throw new UsageError('Name one secret; its value comes from standard input.')
    const store = await openStore(host, values.store)
    const value = (await readText(host.stdin)).replace(/\r?\n$/, '')
    redactor.add(value)
    const secret = await store.set(name, value)
    if (terminal.json) terminal.data({ secret })
    else terminal.print(`${secret.version === 1 ? 'Set' : 'Replaced'}. Refer to it as secret://store/${name}`)
    return exitCodes.ok
  },
})
