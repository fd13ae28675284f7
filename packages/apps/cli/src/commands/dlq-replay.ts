import { resolve } from 'node:path'
import type { ReplayOutcome } from '@casare/flow'
import { flowAndIds } from '../arguments/flow-and-ids.ts'
import { setOption, stateOption } from '../arguments/options.ts'
import { settings, wholeNumber } from '../arguments/settings.ts'
import { exitCodes } from '../exit-codes.ts'
import { table, type Column } from '../output/table.ts'
import { registeringProviders } from '../project/registering-providers.ts'
import { UsageError } from '../usage-error.ts'
import { defineCommand } from './command.ts'

const columns: readonly Column<ReplayOutcome>[] = [
  { title: 'id', align: 'right', value: ({ id }) => String(id) },
  { title: 'outcome', value: ({ outcome }) => outcome },
  { title: 'reason', value: ({ reason = '' }) => reason, maxWidth: 140 },
]

/** Takes dead letters through their flow again. */
export const dlqReplay = defineCommand({
  name: 'dlq replay',
  summary: 'Takes dead letters through their flow again, as they were read, with the same keys.',
  takes: 'FLOW [ID...]',
  options: {
    'dry-run': { type: 'boolean', description: 'Runs the steps and writes nothing.' },
    'max-failures': { type: 'string', value: 'N', description: 'Stops after this many failures. Default 10.' },
    'per-second': { type: 'string', value: 'N', description: 'Records per second at most. Default 100.' },
    set: setOption,
    state: stateOption,
  },
  details:
    'Without ids, all that are open. One whose record has passed in a newer version since is refused: replaying it would undo the newer one. Ends with exit code 1 where one failed or was refused.',
  examples: [
    'dlq replay flights.yaml --dry-run --set api=https://api.example.com',
    'dlq replay flights.yaml 3 7 --set api=https://api.example.com',
  ],
  audit: (positionals) => positionals.join(' '),
  async run({ host, positionals, redactor, signal, terminal, values }) {
    const { file, ids } = flowAndIds(positionals)
    if (file === undefined) throw new UsageError('Name the flow: its steps and its sink are what a replay needs.')
    const [{ openState }, { lettersOf }, { replayDeadLetters, secretProvidersOf }] = await Promise.all([
      import('../project/open-state.ts'),
      import('../project/letters-of.ts'),
      import('@casare/flow'),
    ])
    const opened = await openState(host, file, values.state)
    const { flow } = opened
    try {
      if (ids.length > 0) lettersOf(opened, ids)
    } finally {
      opened.store?.close()
    }
    const outcomes =
      opened.store === undefined || flow === undefined
        ? []
        : await replayDeadLetters(flow, {
            ids: ids.length === 0 ? undefined : ids,
            parameters: settings(values.set),
            secretProviders: registeringProviders(secretProvidersOf(flow), redactor, host),
            statePath: values.state === undefined ? undefined : resolve(host.folder, values.state),
            stateKey: host.env['CASARE_STATE_KEY'],
            dryRun: values['dry-run'],
            maxFailures: wholeNumber('--max-failures', values['max-failures'], 1, 1_000_000),
            signal,
            perSecond: wholeNumber('--per-second', values['per-second'], 1, 1_000_000),
          })
    if (terminal.json) terminal.data({ outcomes })
    else if (outcomes.length === 0) terminal.print('No open dead letters.')
    else terminal.print(redactor.text(table(terminal, columns, outcomes)))
    const bad = outcomes.some(({ outcome }) => outcome === 'failed' || outcome === 'refused')
    return bad ? exitCodes.failure : exitCodes.ok
  },
})
