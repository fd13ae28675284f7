import type { FlowRunResult } from '../flow-run-result.ts'
import { shellWord } from '../output/format.ts'

/** The two commands to look further after a run: what was put aside, and what arrived. */
export function nextSteps(
  results: readonly FlowRunResult[],
  { program, state }: { readonly program: string; readonly state: string | undefined },
): string[] {
  const ran = results.filter(({ report }) => report !== undefined)
  const chosen = ran.findLast(({ report }) => (report?.deadLettersOpen ?? 0) > 0) ?? ran.at(-1)
  if (chosen === undefined) return []
  const { file, flow } = chosen
  const { write } = flow.definition
  const [connection = '', stream = ''] = write.to.split('.')
  const { connector } = flow.definition.connections[connection] as { readonly connector: string }
  const letters = ['dlq', 'list', file, ...(state === undefined ? [] : ['--state', state])]
  const input = JSON.stringify(readInput(write.input))
  const look = ['call', `${connector}.${stream}.read`, input, '--connection', connection, '--file', file]
  return ['To look further:', `  ${line(program, letters)}`, `  ${line(program, [...look, '--max-records', '3'])}`]
}

/** What names the place in a write names it in a read; how to write (keys, conflicts, creation) does not. */
function readInput(input: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => typeof value === 'string'))
}

function line(program: string, words: readonly string[]): string {
  return `${program} ${words.map(shellWord).join(' ')}`
}
