import { resolve } from 'node:path'
import type { UnfinishedTransfer } from '@casare/transfer'
import { exitCodes } from '../exit-codes.ts'
import { count } from '../output/format.ts'
import { table, type Column } from '../output/table.ts'
import { size } from '../transfer/transfer-view.ts'
import { defineCommand } from './command.ts'
import { journalFolder } from './transfer.ts'

const columns: readonly Column<UnfinishedTransfer>[] = [
  { title: 'id', value: ({ id }) => id },
  { title: 'from', value: ({ from }) => from, maxWidth: 60 },
  { title: 'to', value: ({ to }) => to, maxWidth: 60 },
  { title: 'begun', value: ({ startedAt }) => startedAt.slice(0, 19).replace('T', ' ') },
  { title: 'arrived', align: 'right', value: ({ arrived }) => count(arrived) },
  { title: 'open uploads', align: 'right', value: ({ openUploads }) => count(openUploads.length) },
  {
    title: 'in them',
    align: 'right',
    value: ({ openUploads }) => size(openUploads.reduce((sum, { bytes }) => sum + bytes, 0)),
  },
]

/** Lists transfers that have not ended. */
export const transferList = defineCommand({
  name: 'transfer list',
  summary: 'Lists transfers that were stopped or have failures, and the uploads that wait for them.',
  takes: '',
  options: {
    journals: {
      type: 'string',
      value: 'FOLDER',
      description: `Where transfers keep what they did. Default ${journalFolder}.`,
    },
  },
  examples: ['transfer list'],
  async run({ host, terminal, values }) {
    const { unfinishedTransfers } = await import('@casare/transfer')
    const transfers = await unfinishedTransfers(resolve(host.folder, values.journals ?? journalFolder))
    if (terminal.json) terminal.data({ transfers })
    else if (transfers.length === 0) terminal.print('No transfer waits to go on.')
    else {
      terminal.print(table(terminal, columns, transfers))
      terminal.print(
        `\nThe command that began it goes on with it; to give one up: ${host.program} transfer abort ${transfers[0]?.id ?? 'ID'}`,
      )
    }
    return exitCodes.ok
  },
})
