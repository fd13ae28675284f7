import type { FlowRunResult } from '../flow-run-result.ts'
import { count, mebibytes, seconds } from './format.ts'
import { table } from './table.ts'
import type { Terminal } from './terminal.ts'

/** One row per flow: what was read, what became of it, how long it took, and what it took. */
export function reportTable(terminal: Terminal, results: readonly FlowRunResult[]): string {
  const number = (title: string, pick: (report: NonNullable<FlowRunResult['report']>) => string) => ({
    title,
    align: 'right' as const,
    value: ({ report }: FlowRunResult) => (report === undefined ? '-' : pick(report)),
  })
  return table(
    terminal,
    [
      { title: 'flow', value: ({ flow }) => flow.definition.flow },
      number('read', ({ read }) => count(read)),
      number('written', ({ written }) => count(written)),
      number('skipped', ({ skipped }) => count(skipped)),
      number('retried', ({ retried }) => count(retried)),
      number('dead-lettered', ({ deadLettered }) => count(deadLettered)),
      number('seconds', ({ elapsedMs }) => seconds(elapsedMs)),
      number('peak memory', ({ peakMemoryBytes }) => mebibytes(peakMemoryBytes)),
      { title: 'outcome', value: ({ report }) => report?.outcome ?? 'failed' },
    ],
    results,
  )
}
