import { resolve } from 'node:path'
import type { Flow } from '@casare/flow'
import { setOption, stateOption } from '../arguments/options.ts'
import { settings } from '../arguments/settings.ts'
import { exitCodes, type ExitCode } from '../exit-codes.ts'
import type { FlowRunResult } from '../flow-run-result.ts'
import { ProgressView } from '../output/progress-view.ts'
import { reportTable } from '../output/report-table.ts'
import { placedInFlow } from '../project/placed-in-flow.ts'
import { registeringProviders } from '../project/registering-providers.ts'
import { UsageError } from '../usage-error.ts'
import { defineCommand, type Invocation } from './command.ts'
import { nextSteps } from './next-steps.ts'

interface RunValues {
  readonly set?: readonly string[] | undefined
  readonly restart?: boolean | undefined
  readonly state?: string | undefined
  readonly 'fail-on-dead-letters'?: boolean | undefined
}

/** Runs flows, one after the other. */
export const run = defineCommand({
  name: 'run',
  summary: 'Runs flows, one after the other, from where each one stopped.',
  takes: 'FLOW...',
  options: {
    set: setOption,
    restart: { type: 'boolean', description: 'Starts over, whatever the state says. Dead letters stay.' },
    state: stateOption,
    'fail-on-dead-letters': {
      type: 'boolean',
      description: 'Ends with exit code 4 where records were put aside in this run.',
    },
  },
  details:
    'Ctrl-C stops softly: the pages on their way are written and checkpointed, and the next run goes on from there. A second Ctrl-C ends at once; nothing is lost by it, some records are read again. The first flow that fails ends the run.',
  examples: ['run flights.yaml --set api=https://api.example.com', 'run airports.yaml flights.yaml --json'],
  run: (invocation) => runAll(invocation),
})

async function runAll(invocation: Invocation<RunValues>): Promise<ExitCode> {
  const { positionals, terminal, signal, values } = invocation
  if (positionals.length === 0) throw new UsageError('Name the flow to run: a YAML or JSON file.')
  // A mistake in the last file must not show only after the first flow has run for an hour.
  const flows = await loadAll(invocation)
  const results: FlowRunResult[] = []
  try {
    for (const { file, flow, parameters } of flows) {
      if (signal.aborted) break
      results.push(await runOne(invocation, file, flow, parameters, results))
    }
  } finally {
    if (!terminal.json) showResults(invocation, results)
  }
  if (terminal.json) terminal.data({ flows: results.map(asJson) })
  if (signal.aborted) return exitCodes.stopped
  const putAside = results.some(({ report }) => (report?.deadLettered ?? 0) > 0)
  return putAside && values['fail-on-dead-letters'] === true ? exitCodes.deadLetters : exitCodes.ok
}

interface LoadedFlow {
  readonly file: string
  readonly flow: Flow
  readonly parameters: Readonly<Record<string, string>>
}

/** Each flow takes the settings that it declares; one that none of them declares is a mistake. */
async function loadAll({ host, positionals, values }: Invocation<RunValues>): Promise<LoadedFlow[]> {
  const { loadFlowFile } = await import('../project/load-flow-file.ts')
  const flows = await Promise.all(
    positionals.map(async (file) => ({ file, flow: await loadFlowFile(host.folder, file) })),
  )
  const given = settings(values.set)
  const declaredBy = (flow: Flow): string[] => Object.keys(flow.definition.parameters ?? {})
  const [only] = flows
  if (flows.length === 1 && only !== undefined) return [{ ...only, parameters: given }]
  const all = new Set(flows.flatMap(({ flow }) => declaredBy(flow)))
  const unknown = Object.keys(given).find((name) => !all.has(name))
  if (unknown !== undefined)
    throw new UsageError(`--set ${unknown}=…: none of the flows declares a parameter "${unknown}".`)
  return flows.map(({ file, flow }) => ({
    file,
    flow,
    parameters: Object.fromEntries(Object.entries(given).filter(([name]) => declaredBy(flow).includes(name))),
  }))
}

async function runOne(
  { host, terminal, redactor, log, signal, values }: Invocation<RunValues>,
  file: string,
  flow: Flow,
  parameters: Readonly<Record<string, string>>,
  results: FlowRunResult[],
): Promise<FlowRunResult> {
  const { runFlow, secretProvidersOf } = await import('@casare/flow')
  const view = new ProgressView(terminal, flow.definition.flow)
  const stopping = (): void => view.stopping()
  signal.addEventListener('abort', stopping, { once: true })
  try {
    const report = await runFlow(flow, {
      parameters,
      secretProviders: registeringProviders(secretProvidersOf(flow), redactor, host),
      signal,
      onProgress: (progress) => view.update(progress),
      ...(log && { log }),
      restart: values.restart,
      statePath: values.state === undefined ? undefined : resolve(host.folder, values.state),
      stateKey: host.env['CASARE_STATE_KEY'],
    })
    view.end(report.outcome)
    return { file, flow, report }
  } catch (error) {
    view.end('failed')
    results.push({ file, flow, report: undefined })
    throw placedInFlow(flow, error)
  } finally {
    signal.removeEventListener('abort', stopping)
  }
}

function showResults({ terminal, host, values }: Invocation<RunValues>, results: readonly FlowRunResult[]): void {
  if (results.every(({ report }) => report === undefined)) return
  terminal.print()
  terminal.print(reportTable(terminal, results))
  terminal.print()
  for (const line of nextSteps(results, { program: host.program, state: values.state })) terminal.print(line)
}

function asJson({ file, report }: FlowRunResult): object {
  return { file, ...report }
}
