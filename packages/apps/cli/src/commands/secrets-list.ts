import type { SecretInfo } from '@casare/secrets'
import { exitCodes } from '../exit-codes.ts'
import { table, type Column } from '../output/table.ts'
import { openStore } from '../project/secret-store.ts'
import { defineCommand } from './command.ts'
import { storeDetails, storeOption } from './secrets-options.ts'

const columns: readonly Column<SecretInfo>[] = [
  { title: 'name', value: ({ name }) => name, maxWidth: 80 },
  { title: 'version', align: 'right', value: ({ version }) => String(version) },
  { title: 'created', value: ({ createdAt }) => createdAt.slice(0, 19).replace('T', ' ') },
  { title: 'set', value: ({ updatedAt }) => updatedAt.slice(0, 19).replace('T', ' ') },
]

/** Lists secrets by name. */
export const secretsList = defineCommand({
  name: 'secrets list',
  summary: 'Lists the secrets by name, without their values.',
  takes: '',
  options: { store: storeOption },
  details: storeDetails,
  examples: ['secrets list'],
  async run({ host, terminal, values }) {
    const secrets = await (await openStore(host, values.store)).list()
    if (terminal.json) terminal.data({ secrets })
    else if (secrets.length === 0) terminal.print(`No secrets. To set one: ${host.program} secrets set NAME < FILE`)
    else terminal.print(table(terminal, columns, secrets))
    return exitCodes.ok
  },
})
