import { resolve } from 'node:path'
import { ConnectorError, nearest, type ConnectorErrorJson, type JsonSchema, type StatedEffect } from '@casare/core'
import { parseJson, settings, wholeNumber } from '../arguments/settings.ts'
import { setOption } from '../arguments/options.ts'
import { CallFailure } from '../call-failure.ts'
import { exitCodes, type ExitCode } from '../exit-codes.ts'
import type { AnyConnection } from '../project/open-connection.ts'
import { readLines, readText } from '../read-stdin.ts'
import { UsageError } from '../usage-error.ts'
import { defineCommand, type Invocation } from './command.ts'

interface CallValues {
  readonly connection?: string | undefined
  readonly config?: string | undefined
  readonly file?: string | undefined
  readonly set?: readonly string[] | undefined
  readonly 'timeout-ms'?: string | undefined
  readonly 'idempotency-key'?: string | undefined
  readonly effect?: StatedEffect | undefined
  readonly cursor?: string | undefined
  readonly 'max-records'?: string | undefined
  readonly files?: readonly string[] | undefined
  readonly 'reveal-secrets'?: boolean | undefined
}

/** Calls one operation, or reads or writes one stream. */
export const call = defineCommand({
  name: 'call',
  summary: 'Calls an operation, reads a page of a stream, or writes records to one.',
  takes: 'CONNECTOR.OPERATION [INPUT_JSON | -]',
  options: {
    connection: {
      type: 'string',
      value: 'NAME',
      description: 'A connection of casare.yaml, or of the file of --file.',
    },
    config: {
      type: 'string',
      value: 'JSON',
      description: 'Settings of a connection in place of --connection; secrets as references: secret://env/NAME.',
    },
    file: { type: 'string', value: 'PATH', description: 'A casare.yaml or a flow to look the connection up in.' },
    set: setOption,
    'timeout-ms': { type: 'string', value: 'MS', description: 'Time for the whole call, retries included.' },
    'idempotency-key': { type: 'string', value: 'KEY', description: 'Sent where the operation takes one.' },
    effect: {
      type: 'string',
      value: 'EFFECT',
      choices: ['read', 'idempotent', 'unsafe'],
      description: 'What repeating this very call does, where you know better than the connector.',
    },
    cursor: { type: 'string', value: 'JSON', description: 'CONNECTOR.STREAM.read: goes on behind an earlier page.' },
    'max-records': {
      type: 'string',
      value: 'N',
      description: 'CONNECTOR.STREAM.read: records of the page, 1 to 100,000. Default 1,000.',
    },
    files: {
      type: 'string',
      multiple: true,
      value: 'FOLDER',
      description: 'A folder that { "file": … } in the input may come from; may be repeated. Default: none.',
    },
    'reveal-secrets': { type: 'boolean', description: 'Prints secrets of the output; otherwise they are handles.' },
  },
  details:
    'A stream is read page by page with CONNECTOR.STREAM.read, and written with CONNECTOR.STREAM.write, which takes its records from standard input, one JSON object per line. With "-" the input comes from standard input.',
  examples: [
    `call sqlite.query '{"text":"select 1 as one"}' --config '{"path":":memory:"}'`,
    `call rest.get '{"path":"/status"}' --connection api`,
    `call sqlite.rows.read '{"table":"flights"}' --connection warehouse --file flights.yaml --max-records 3`,
  ],
  run: (invocation) => callOne(invocation),
})

/** `sqlite.query`, `sqlite.rows.read` taken apart. */
interface Target {
  readonly connector: string
  readonly name: string
  readonly facet: 'read' | 'write' | undefined
}

function targetOf(text: string | undefined): Target {
  const [, connector, name, facet] =
    /^((?:@casare\/)?[a-z][a-z0-9-]*)\.([A-Za-z][A-Za-z0-9]*)(?:\.([A-Za-z]+))?$/.exec(text ?? '') ?? []
  if (connector === undefined || name === undefined)
    throw new UsageError(
      text === undefined
        ? 'Name what to call: CONNECTOR.OPERATION, such as sqlite.query. "casare list" shows the connectors.'
        : `"${text}" has not the form CONNECTOR.OPERATION or CONNECTOR.STREAM.read, such as sqlite.query or sqlite.rows.read.`,
    )
  if (facet !== undefined && facet !== 'read' && facet !== 'write')
    throw new UsageError(`"${text}": a stream can be called with read or write, not with ${facet}.`)
  return { connector, name, facet }
}

async function callOne(invocation: Invocation<CallValues>): Promise<ExitCode> {
  const { host, positionals, values, redactor, log, terminal } = invocation
  const [text, inputText, ...rest] = positionals
  if (rest.length > 0) throw new UsageError(`The input is one word: quote it for the shell: '{"name":"value"}'.`)
  const target = targetOf(text)
  if (values.connection !== undefined && values.config !== undefined)
    throw new UsageError('--connection and --config exclude each other.')
  const input = await inputOf(invocation, target, inputText)
  const [{ loadProject }, { openConnection, resolveInput }] = await Promise.all([
    import('../project/load-project.ts'),
    import('../project/open-connection.ts'),
  ])
  const wantsProject = values.connection !== undefined || values.file !== undefined
  const project = wantsProject ? await loadProject(host.folder, values.file) : undefined
  const request = {
    name: values.connection,
    connector: target.connector,
    config: values.config === undefined ? undefined : parseJson(values.config, '--config'),
    project,
    parameters: settings(values.set),
    folder: host.folder,
    env: host.env,
    fileRoots: (values.files ?? []).map((folder) => resolve(host.folder, folder)),
    redactor,
    log,
  }
  await using connection = await openConnection(request)
  const resolved = await resolveInput(input, inputSchema(connection, target), request)
  terminal.data(await perform(invocation, connection, target, resolved))
  return exitCodes.ok
}

async function inputOf(
  { host }: Invocation<CallValues>,
  { facet }: Target,
  text: string | undefined,
): Promise<unknown> {
  if (text !== '-') return parseJson(text ?? '{}', 'The input')
  if (facet === 'write')
    throw new UsageError('A write takes its records from standard input, so its input cannot be "-".')
  return parseJson(await readText(host.stdin), 'The input')
}

/** The schema of the target's input. @throws {UsageError} where there is no such operation or stream. */
function inputSchema(connection: AnyConnection, { connector, name, facet }: Target): JsonSchema {
  const { operations, streams } = connection.$.describe()
  const found = facet === undefined ? own(operations, name) : own(streams, name)?.[facet]
  if (found !== undefined) return found.input
  const known = [
    ...Object.keys(operations),
    ...Object.entries(streams).flatMap(([stream, { read, write }]) => [
      ...(read ? [`${stream}.read`] : []),
      ...(write ? [`${stream}.write`] : []),
    ]),
  ]
  const wanted = facet === undefined ? name : `${name}.${facet}`
  throw new UsageError(`${connector} has no ${wanted}.${nearest(wanted, known) || ` There is: ${known.join(', ')}.`}`)
}

function own<Value>(table: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined
}

async function perform(
  { host, signal, values }: Invocation<CallValues>,
  { $ }: AnyConnection,
  { name, facet }: Target,
  input: unknown,
): Promise<unknown> {
  const timeoutMs = wholeNumber('--timeout-ms', values['timeout-ms'], 1, 2_147_483_647)
  const { effect } = values
  if (facet === 'read') {
    const maxRecords = wholeNumber('--max-records', values['max-records'], 1, 100_000)
    const cursor = values.cursor === undefined ? undefined : parseJson(values.cursor, '--cursor')
    return $.read(name, input, { cursor, maxRecords, signal })
  }
  if (facet === 'write') {
    const { succeeded, failed } = await $.write(name, recordsOf(host.stdin), input, { signal, effect })
    const result = { succeeded, failed: failed.map(({ index, error }) => ({ index, error: error.toJSON() })) }
    if (failed.length > 0) throw new CallFailure(failedRecords(failed.length), result)
    return result
  }
  const result = await $.execute(name, input, {
    signal,
    timeoutMs,
    effect,
    idempotencyKey: values['idempotency-key'],
    revealSecrets: values['reveal-secrets'],
  })
  if (!result.success) throw new CallFailure(result.error)
  return result.output
}

async function* recordsOf(stdin: AsyncIterable<Uint8Array | string>): AsyncIterable<unknown> {
  let line = 0
  for await (const text of readLines(stdin)) {
    line += 1
    if (text.trim() !== '') yield parseJson(text, `Line ${line} of standard input`)
  }
}

function failedRecords(failed: number): ConnectorErrorJson {
  const message = `${failed} ${failed === 1 ? 'record was' : 'records were'} not written; the reasons are in the output.`
  return new ConnectorError({ code: 'conflict', message }).toJSON()
}
