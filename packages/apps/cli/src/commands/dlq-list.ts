import type { DeadLetter } from '@casare/flow'
import { flowAndIds } from '../arguments/flow-and-ids.ts'
import { stateOption } from '../arguments/options.ts'
import { wholeNumber } from '../arguments/settings.ts'
import { exitCodes } from '../exit-codes.ts'
import { shellWord } from '../output/format.ts'
import { table, type Column } from '../output/table.ts'
import { UsageError } from '../usage-error.ts'
import { defineCommand } from './command.ts'

const columns: readonly Column<DeadLetter>[] = [
  { title: 'id', align: 'right', value: ({ id }) => String(id) },
  { title: 'flow', value: ({ flow }) => flow },
  { title: 'record', value: ({ recordId = '-' }) => recordId, maxWidth: 24 },
  { title: 'step', value: ({ step }) => step },
  { title: 'status', value: ({ status }) => status },
  { title: 'tries', align: 'right', value: ({ attempts }) => String(attempts) },
  { title: 'put aside', value: ({ updatedAt }) => updatedAt.slice(0, 19).replace('T', ' ') },
  { title: 'reason', value: ({ reason }) => reason, maxWidth: 120 },
]

/** Lists dead letters. */
export const dlqList = defineCommand({
  name: 'dlq list',
  summary: 'Lists the records that were put aside, with the reason of each.',
  takes: '[FLOW]',
  options: {
    state: stateOption,
    status: {
      type: 'string',
      value: 'STATUS',
      choices: ['open', 'replayed', 'superseded', 'all'],
      description: 'open (default), replayed, superseded (a newer record of the same key has passed), or all.',
    },
    limit: { type: 'string', value: 'N', description: 'The most that are listed, 1 to 100,000. Default 1,000.' },
    after: { type: 'string', value: 'ID', description: 'Only those behind this id.' },
  },
  examples: ['dlq list flights.yaml', 'dlq list --state .casare/state.db --json'],
  async run({ host, positionals, redactor, terminal, values }) {
    const { file, ids } = flowAndIds(positionals)
    if (ids.length > 0) throw new UsageError('"dlq list" takes no ids; "casare dlq show" does.')
    const { openState } = await import('../project/open-state.ts')
    const { store, path, flow } = await openState(host, file, values.state)
    let letters: DeadLetter[]
    try {
      letters =
        store?.deadLetters.list({
          flow: flow?.definition.flow,
          status: values.status,
          after: wholeNumber('--after', values.after, 0, 1e15 - 1),
          limit: wholeNumber('--limit', values.limit, 1, 100_000),
        }) ?? []
    } finally {
      store?.close()
    }
    if (terminal.json) {
      terminal.data({ deadLetters: letters })
    } else if (letters.length === 0) {
      const which = values.status === undefined || values.status === 'all' ? '' : ` ${values.status}`
      terminal.print(
        store === undefined ? `The flow has not run yet: there is no ${path}.` : `No${which} dead letters.`,
      )
    } else {
      terminal.print(redactor.text(table(terminal, columns, letters)))
      const place = [
        ...(file === undefined ? [] : [file]),
        ...(values.state === undefined ? [] : ['--state', values.state]),
      ]
      const show = ['dlq', 'show', ...place, String(letters[0]?.id)].map(shellWord).join(' ')
      terminal.print(`\nOne of them with its record: ${host.program} ${show}`)
    }
    return exitCodes.ok
  },
})
