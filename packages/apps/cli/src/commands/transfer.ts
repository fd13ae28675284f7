import { createWriteStream } from 'node:fs'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { setOption } from '../arguments/options.ts'
import { settings, wholeNumber } from '../arguments/settings.ts'
import { exitCodes, type ExitCode } from '../exit-codes.ts'
import { count, seconds } from '../output/format.ts'
import { TransferView, size } from '../transfer/transfer-view.ts'
import { UsageError } from '../usage-error.ts'
import { defineCommand, type Invocation } from './command.ts'
import type { TransferResult, TransferredEntry } from '@casare/transfer'

interface TransferValues {
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly file?: string | undefined
  readonly set?: readonly string[] | undefined
  readonly sync?: boolean | undefined
  readonly delete?: boolean | undefined
  readonly include?: readonly string[] | undefined
  readonly exclude?: readonly string[] | undefined
  readonly 'dry-run'?: boolean | undefined
  readonly concurrency?: string | undefined
  readonly parts?: string | undefined
  readonly 'part-mib'?: string | undefined
  readonly 'limit-kib'?: string | undefined
  readonly manifest?: string | undefined
  readonly journals?: string | undefined
}

/** Where journals of transfers lie, below the working folder. */
export const journalFolder = '.casare/transfers'

/** Moves files between stores. */
export const transferCommand = defineCommand({
  name: 'transfer',
  summary: 'Moves files of any size from one store to another, and goes on where it was stopped.',
  takes: 'FROM TO',
  options: {
    from: { type: 'string', value: 'NAME', description: 'The connection for FROM. Default: the only one of its kind.' },
    to: { type: 'string', value: 'NAME', description: 'The connection for TO. Default: the only one of its kind.' },
    file: { type: 'string', value: 'PATH', description: 'A casare.yaml or a flow to look connections up in.' },
    set: setOption,
    sync: {
      type: 'boolean',
      description: 'Only what TO lacks, has in another size, or has from before it was changed.',
    },
    delete: { type: 'boolean', description: 'With --sync: deletes in TO what FROM does not have.' },
    include: {
      type: 'string',
      multiple: true,
      value: 'PATTERN',
      description: 'Only keys like this: *.csv, 2026/**; may be repeated.',
    },
    exclude: { type: 'string', multiple: true, value: 'PATTERN', description: 'Not keys like this; may be repeated.' },
    'dry-run': { type: 'boolean', description: 'Moves nothing and lists what would be moved.' },
    concurrency: { type: 'string', value: 'N', description: 'Files under way at once, 1 to 64. Default 8.' },
    parts: { type: 'string', value: 'N', description: 'Parts of large files under way at once, 1 to 64. Default 4.' },
    'part-mib': { type: 'string', value: 'MIB', description: 'Size of a part, 5 to 4,096 MiB. Default 16.' },
    'limit-kib': { type: 'string', value: 'KIB', description: 'The most KiB per second. Default: no limit.' },
    manifest: { type: 'string', value: 'PATH', description: 'Writes a line of JSON for each file: what became of it.' },
    journals: {
      type: 'string',
      value: 'FOLDER',
      description: `Where transfers keep what they did. Default ${journalFolder}.`,
    },
  },
  details:
    'FROM and TO are s3://BUCKET/KEY, azure://CONTAINER/KEY, gs://BUCKET/KEY or a path; FROM can be an https:// address. A key that ends with a slash, or none, means all below it. The same command again goes on where it was stopped or killed: files that have arrived and parts that were sent are not sent again. A file that fails stops no other; the exit code is then 1.',
  examples: [
    'transfer ./reports s3://archive/2026/ --sync',
    'transfer s3://archive/2026/ azure://backup/2026/ --to offsite',
    'transfer gs://exports/dump.bin ./dump.bin --limit-kib 2048',
  ],
  run: (invocation) => transferAll(invocation),
})

async function transferAll(invocation: Invocation<TransferValues>): Promise<ExitCode> {
  const { host, positionals, values, redactor, log, terminal, signal } = invocation
  const [fromText, toText, ...rest] = positionals
  if (fromText === undefined || toText === undefined || rest.length > 0)
    throw new UsageError('Name two places: casare transfer FROM TO.')
  const [{ loadProject }, { openSource, openTarget }, { transfer }] = await Promise.all([
    import('../project/load-project.ts'),
    import('../transfer/open-place.ts'),
    import('@casare/transfer'),
  ])
  const project = await loadProject(host.folder, values.file)
  const request = { parameters: settings(values.set), redactor, log, env: host.env }
  const opening = { folder: host.folder, project, request, opened: new Map<string, never>() }
  const view = new TransferView(terminal)
  const manifest = values.manifest === undefined ? undefined : await openManifest(resolve(host.folder, values.manifest))
  try {
    const from = await openSource(fromText, values.from, opening)
    const to = await openTarget(toText, values.to, opening, from.key !== undefined)
    const partMib = wholeNumber('--part-mib', values['part-mib'], 5, 4_096)
    const limitKib = wholeNumber('--limit-kib', values['limit-kib'], 1, 1_000_000_000)
    const dryRun = values['dry-run'] === true
    const result = await transfer({
      from,
      to,
      mode: values.sync === true ? 'sync' : 'copy',
      deleteExtra: values.delete,
      include: values.include,
      exclude: values.exclude,
      dryRun,
      concurrency: wholeNumber('--concurrency', values.concurrency, 1, 64),
      partConcurrency: wholeNumber('--parts', values.parts, 1, 64),
      partBytes: partMib === undefined ? undefined : partMib * 1_048_576,
      bytesPerSecond: limitKib === undefined ? undefined : limitKib * 1_024,
      journalFolder: resolve(host.folder, values.journals ?? journalFolder),
      signal,
      onProgress: (progress) => view.update(progress),
      onEntry(entry) {
        manifest?.write(`${JSON.stringify(line(entry))}\n`)
        if (dryRun && entry.outcome !== 'unchanged') terminal.print(`${entry.outcome} ${entry.targetKey}`)
      },
    })
    view.end()
    report(invocation, result)
    return result.failed > 0 ? exitCodes.failure : exitCodes.ok
  } finally {
    view.end()
    await Promise.all([...opening.opened.values()].map((one: { close(): Promise<void> }) => one.close()))
    if (manifest !== undefined) await once(manifest.end(), 'finish')
  }
}

async function openManifest(path: string) {
  const manifest = createWriteStream(path)
  await once(manifest, 'open').catch((error: unknown) => {
    throw new UsageError(`--manifest: ${(error as Error).message}`, error)
  })
  return manifest
}

function line({ error, ...entry }: TransferredEntry): object {
  return error === undefined ? entry : { ...entry, error: error.toJSON() }
}

function report({ terminal, redactor, host }: Invocation<TransferValues>, result: TransferResult): void {
  if (terminal.json) {
    terminal.data({ ...result, failures: result.failures.map(line) })
    return
  }
  const { moved, skipped, failed, deleted, bytesMoved, bytesResumed, durationMs, failures } = result
  const parts = [
    `${count(moved)} moved`,
    ...(skipped > 0 ? [`${count(skipped)} there already`] : []),
    ...(deleted > 0 ? [`${count(deleted)} deleted`] : []),
    ...(failed > 0 ? [`${count(failed)} failed`] : []),
    `${size(bytesMoved)} sent`,
    ...(bytesResumed > 0 ? [`${size(bytesResumed)} had been sent before`] : []),
    `${seconds(durationMs)} s`,
  ]
  for (const { key, error } of failures) terminal.note(redactor.text(`${key}: ${error?.message ?? 'failed'}`))
  terminal.print(parts.join(', '))
  if (failed > 0)
    terminal.print(`The same command tries the failed ones again; "${host.program} transfer list" shows what waits.`)
}
