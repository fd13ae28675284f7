import { flowAndIds } from '../arguments/flow-and-ids.ts'
import { stateOption } from '../arguments/options.ts'
import { exitCodes } from '../exit-codes.ts'
import { UsageError } from '../usage-error.ts'
import { defineCommand } from './command.ts'

/** Deletes dead letters for good. */
export const dlqDrop = defineCommand({
  name: 'dlq drop',
  summary: 'Deletes dead letters for good, with their records.',
  takes: '[FLOW] ID... | FLOW --all',
  options: {
    all: { type: 'boolean', description: 'All of the flow, those that were replayed or superseded too.' },
    'dry-run': { type: 'boolean', description: 'Says how many it would delete, and deletes none.' },
    state: stateOption,
  },
  examples: ['dlq drop flights.yaml 3 7', 'dlq drop flights.yaml --all --dry-run'],
  audit: (positionals) => positionals.join(' '),
  async run({ host, positionals, terminal, values }) {
    const { file, ids } = flowAndIds(positionals)
    if (ids.length > 0 === (values.all === true))
      throw new UsageError('Name the dead letters to delete by their ids, or say --all.')
    if (values.all === true && file === undefined)
      throw new UsageError('--all needs the flow whose dead letters it means.')
    const [{ openState }, { lettersOf }] = await Promise.all([
      import('../project/open-state.ts'),
      import('../project/letters-of.ts'),
    ])
    const opened = await openState(host, file, values.state)
    const { store, flow } = opened
    try {
      const found =
        values.all === true
          ? (store?.deadLetters.list({ flow: flow?.definition.flow, status: 'all', limit: 10_000_000 }) ?? [])
          : lettersOf(opened, ids)
      const dry = values['dry-run'] === true
      const dropped = dry ? found.length : (store?.deadLetters.drop(found.map(({ id }) => id)) ?? 0)
      if (terminal.json) terminal.data({ dropped: dry ? 0 : dropped, ...(dry && { wouldDrop: dropped }) })
      else
        terminal.print(`${dry ? 'Would delete' : 'Deleted'} ${dropped} dead ${dropped === 1 ? 'letter' : 'letters'}.`)
      return exitCodes.ok
    } finally {
      store?.close()
    }
  },
})
