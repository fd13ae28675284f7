import { resolve } from 'node:path'
import { setOption } from '../arguments/options.ts'
import { settings } from '../arguments/settings.ts'
import { exitCodes } from '../exit-codes.ts'
import { count } from '../output/format.ts'
import { UsageError } from '../usage-error.ts'
import { defineCommand } from './command.ts'
import { journalFolder } from './transfer.ts'

/** Gives a transfer up. */
export const transferAbort = defineCommand({
  name: 'transfer abort',
  summary: 'Gives a transfer up: frees the parts that wait in its target. What has arrived stays.',
  takes: 'ID',
  options: {
    to: { type: 'string', value: 'NAME', description: 'The connection of the target, as for "casare transfer".' },
    file: { type: 'string', value: 'PATH', description: 'A casare.yaml or a flow to look the connection up in.' },
    set: setOption,
    journals: {
      type: 'string',
      value: 'FOLDER',
      description: `Where transfers keep what they did. Default ${journalFolder}.`,
    },
  },
  examples: ['transfer abort 0f3c9a7e1b2d4f68'],
  async run({ host, terminal, values, positionals, redactor, log }) {
    const [id, ...rest] = positionals
    if (id === undefined || rest.length > 0)
      throw new UsageError('Name one transfer by its id; "casare transfer list" shows them.')
    const [{ abortTransfer, unfinishedTransfers }, { loadProject }, { openTarget }] = await Promise.all([
      import('@casare/transfer'),
      import('../project/load-project.ts'),
      import('../transfer/open-place.ts'),
    ])
    const journals = resolve(host.folder, values.journals ?? journalFolder)
    const found = (await unfinishedTransfers(journals)).find((one) => one.id === id)
    if (found === undefined)
      throw new UsageError(`There is no unfinished transfer "${id}". "casare transfer list" shows them.`)
    const project = await loadProject(host.folder, values.file)
    const request = { parameters: settings(values.set), redactor, log, env: host.env }
    const opening = { folder: host.folder, project, request, opened: new Map<string, never>() }
    try {
      const { store } = await openTarget(found.to, values.to, opening, true)
      const { openUploads, arrived } = await abortTransfer(journals, id, store)
      const result = { id, abortedUploads: openUploads.length, arrived }
      if (terminal.json) terminal.data(result)
      else
        terminal.print(
          `Given up: ${count(openUploads.length)} uploads aborted; ${count(arrived)} files that had arrived stay.`,
        )
    } finally {
      await Promise.all([...opening.opened.values()].map((one: { close(): Promise<void> }) => one.close()))
    }
    return exitCodes.ok
  },
})
