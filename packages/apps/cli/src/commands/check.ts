import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { setOption } from '../arguments/options.ts'
import { settings } from '../arguments/settings.ts'
import { exitCodes, type ExitCode } from '../exit-codes.ts'
import { placedInFlow } from '../project/placed-in-flow.ts'
import { registeringProviders } from '../project/registering-providers.ts'
import { UsageError } from '../usage-error.ts'
import { defineCommand, type Invocation } from './command.ts'

interface CheckValues {
  readonly file?: string | undefined
  readonly set?: readonly string[] | undefined
  readonly offline?: boolean | undefined
}

/** Checks a flow, or a connection. */
export const check = defineCommand({
  name: 'check',
  summary: 'Checks a flow without running it, or that a connection works.',
  takes: 'FLOW | CONNECTION',
  options: {
    offline: { type: 'boolean', description: 'Dials nobody: only what can be seen from here.' },
    file: { type: 'string', value: 'PATH', description: 'A casare.yaml or a flow to look the connection up in.' },
    set: setOption,
  },
  details:
    'Of a flow: its keys, parameters, connectors, settings, secrets, expressions and streams, and that both systems answer. Of a connection: its settings and secrets, and that address and credentials work.',
  examples: ['check flights.yaml --set api=https://api.example.com', 'check warehouse'],
  async run(invocation) {
    const [name, ...rest] = invocation.positionals
    if (name === undefined || rest.length > 0) throw new UsageError('Name one flow, or one connection of casare.yaml.')
    // A connection's name has neither a dot nor a slash.
    const isFile =
      /[./\\]/.test(name) || (invocation.values.file === undefined && existsSync(resolve(invocation.host.folder, name)))
    return isFile ? checkFile(invocation, name) : checkConnection(invocation, name)
  },
})

async function checkFile(
  { host, redactor, terminal, values }: Invocation<CheckValues>,
  file: string,
): Promise<ExitCode> {
  const [{ loadFlowFile }, { checkFlow, secretProvidersOf }] = await Promise.all([
    import('../project/load-flow-file.ts'),
    import('@casare/flow'),
  ])
  const flow = await loadFlowFile(host.folder, file)
  try {
    await checkFlow(flow, {
      parameters: settings(values.set),
      secretProviders: registeringProviders(secretProvidersOf(flow), redactor, host),
      dial: values.offline !== true,
    })
  } catch (error) {
    throw placedInFlow(flow, error)
  }
  if (terminal.json) terminal.data({ ok: true, flow: flow.definition.flow })
  else
    terminal.print(
      `${file}: the flow "${flow.definition.flow}" is right${values.offline === true ? '' : ', and both systems answer'}.`,
    )
  return exitCodes.ok
}

async function checkConnection(
  { host, log, redactor, signal, terminal, values }: Invocation<CheckValues>,
  name: string,
): Promise<ExitCode> {
  const [{ loadProject }, { openConnection }] = await Promise.all([
    import('../project/load-project.ts'),
    import('../project/open-connection.ts'),
  ])
  await using connection = await openConnection({
    name,
    connector: undefined,
    config: undefined,
    project: await loadProject(host.folder, values.file),
    parameters: settings(values.set),
    folder: host.folder,
    env: host.env,
    fileRoots: [],
    redactor,
    log,
  })
  if (values.offline !== true) await connection.$.check({ signal })
  if (terminal.json) terminal.data({ ok: true, connection: name })
  else terminal.print(`The connection "${name}" is right${values.offline === true ? '' : ', and the system answers'}.`)
  return exitCodes.ok
}
