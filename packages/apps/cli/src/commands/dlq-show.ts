import { encode, scrub, SecretHandles, type JsonSchema } from '@casare/core'
import type { Flow } from '@casare/flow'
import { flowAndIds } from '../arguments/flow-and-ids.ts'
import { stateOption } from '../arguments/options.ts'
import { exitCodes } from '../exit-codes.ts'
import { maskPersonal } from '../output/mask-personal.ts'
import { printable } from '../output/printable.ts'
import { UsageError } from '../usage-error.ts'
import { defineCommand } from './command.ts'

/** Shows dead letters with their records. */
export const dlqShow = defineCommand({
  name: 'dlq show',
  summary: 'Shows dead letters with the records as they were read.',
  takes: '[FLOW] ID...',
  options: { state: stateOption },
  details:
    'The state keeps the records encrypted. Fields whose name says that they hold a credential (password, token and the like) are shown as [secret], and, where the flow is named, those that its source marks as personal as [personal]; a replay uses their true values.',
  examples: ['dlq show flights.yaml 3', 'dlq show --state .casare/state.db 3 7 --json'],
  async run({ host, positionals, redactor, terminal, values }) {
    const { file, ids } = flowAndIds(positionals)
    if (ids.length === 0) throw new UsageError('Name the dead letters to show by their ids.')
    const [{ openState }, { lettersOf }] = await Promise.all([
      import('../project/open-state.ts'),
      import('../project/letters-of.ts'),
    ])
    const opened = await openState(host, file, values.state)
    try {
      const schema = await recordSchema(opened.flow)
      const shown: object[] = []
      for (const letter of lettersOf(opened, ids)) {
        const plain = await encode(opened.store?.deadLetters.payload(letter.id), {
          handles: new SecretHandles(),
          revealSecrets: false,
          spool: undefined,
        })
        shown.push({ ...letter, record: maskPersonal(scrub(plain, redactor), schema) })
      }
      if (terminal.json) terminal.data({ deadLetters: shown })
      else for (const one of shown) terminal.print(printable(JSON.stringify(one, undefined, 2), 'lines'))
      return exitCodes.ok
    } finally {
      opened.store?.close()
    }
  },
})

/** What the flow's source says of its records; nothing where the source is not installed any more. */
async function recordSchema(flow: Flow | undefined): Promise<JsonSchema | undefined> {
  if (flow === undefined) return undefined
  const { definition, source } = flow
  const { from } = definition.read ?? definition.listen ?? { from: '' }
  const [connection = '', stream = ''] = from.split('.')
  const { connector = '' } = (definition.connections[connection] ?? {}) as { readonly connector?: string }
  const { resolveConnector } = await import('@casare/flow')
  try {
    const { streams } = await (await resolveConnector(connector, source.folder)).describe()
    const facets = Object.hasOwn(streams, stream) ? streams[stream] : undefined
    return definition.read === undefined ? facets?.listen?.event : facets?.read?.record
  } catch {
    return undefined
  }
}
