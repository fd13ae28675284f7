import { stat } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import type { ConnectionStore, DownloadConnection, ObjectConnection, SourceStore, TargetStore } from '@casare/transfer'
import type { ConnectionRequest } from '../project/open-connection.ts'
import type { Project } from '../project/project.ts'
import { UsageError } from '../usage-error.ts'
import { isPrefix, parsePlace, type Place } from './parse-place.ts'

/** What both places of a transfer need to be opened. */
export interface Opening {
  readonly folder: string
  readonly project: Project | undefined
  readonly request: Pick<ConnectionRequest, 'parameters' | 'redactor' | 'log' | 'env'>
  /** Connections that were opened, by what they were asked for: the same place gets the same one. */
  readonly opened: Map<string, { readonly connection: unknown; close(): Promise<void> }>
}

/** A place that was opened. */
export interface OpenedPlace<Store> {
  readonly store: Store
  /** One entry; `undefined` for all that is below. */
  readonly key: string | undefined
}

/** Opens the place that is read. @throws {UsageError} */
export async function openSource(
  text: string,
  connection: string | undefined,
  opening: Opening,
): Promise<OpenedPlace<SourceStore>> {
  const { FolderStore, DownloadSource } = await import('@casare/transfer')
  const place = parsePlace(text)
  if (place.kind === 'bucket') return bucketStore(place, connection, opening)
  if (place.kind === 'web') {
    const { url } = place
    const rest = (await connect('rest', connection, { baseUrl: url.origin }, opening)) as DownloadConnection
    const path = url.pathname + url.search
    return { store: new DownloadSource(`${url.origin}${url.pathname}`, rest, path), key: webName(url) }
  }
  refuseConnection(connection, text)
  const path = resolve(opening.folder, place.path)
  const found = await stat(path).catch(() => undefined)
  if (found === undefined) throw new UsageError(`${place.path} is not there.`)
  return found.isDirectory()
    ? { store: new FolderStore(path), key: undefined }
    : { store: new FolderStore(dirname(path)), key: basename(path) }
}

/**
 * Opens the place that is written.
 * @param single the source is one entry: a target without a name of its own takes the source's
 * @throws {UsageError}
 */
export async function openTarget(
  text: string,
  connection: string | undefined,
  opening: Opening,
  single: boolean,
): Promise<OpenedPlace<TargetStore>> {
  const { FolderStore } = await import('@casare/transfer')
  const place = parsePlace(text)
  if (place.kind === 'web') throw new UsageError(`"${text}": nothing can be stored at a web address.`)
  if (place.kind === 'bucket') {
    if (!single && !isPrefix(place.key))
      throw new UsageError(`"${text}": many entries go below a prefix: end it with a slash.`)
    return bucketStore(place, connection, opening)
  }
  refuseConnection(connection, text)
  const path = resolve(opening.folder, place.path)
  const found = await stat(path).catch(() => undefined)
  if (!single || found?.isDirectory() === true || place.path.endsWith('/')) {
    const { mkdir } = await import('node:fs/promises')
    await mkdir(path, { recursive: true })
    return { store: new FolderStore(path), key: undefined }
  }
  return { store: new FolderStore(dirname(path)), key: basename(path) }
}

async function bucketStore(
  place: Extract<Place, { kind: 'bucket' }>,
  connection: string | undefined,
  opening: Opening,
): Promise<OpenedPlace<ConnectionStore>> {
  const { ConnectionStore } = await import('@casare/transfer')
  const { scheme, connector, bucket, key } = place
  const opened = (await connect(connector, connection, {}, opening)) as ObjectConnection
  const prefix = isPrefix(key) ? key : key.slice(0, key.lastIndexOf('/') + 1)
  const store = new ConnectionStore(`${scheme}://${bucket}/${prefix}`, opened, bucket, prefix)
  return { store, key: isPrefix(key) ? undefined : key.slice(prefix.length) }
}

/** The connection named, else the only one that the project has of this connector, else one with the vendor's defaults. */
async function connect(
  connector: string,
  named: string | undefined,
  defaults: object,
  { folder, project, request, opened }: Opening,
): Promise<unknown> {
  const name = named ?? onlyOne(connector, project)
  const id = JSON.stringify([connector, name, defaults])
  const known = opened.get(id)
  if (known !== undefined) return known.connection
  const { openConnection } = await import('../project/open-connection.ts')
  const config = name === undefined ? defaults : undefined
  const connection = await openConnection({ ...request, name, connector, config, project, folder, fileRoots: [] })
  opened.set(id, { connection, close: () => connection.close() })
  return connection
}

function onlyOne(connector: string, project: Project | undefined): string | undefined {
  const names = Object.entries(project?.connections ?? {})
    .filter(([, one]) => 'connector' in one && [connector, `@casare/${connector}`].includes(String(one.connector)))
    .map(([name]) => name)
  if (names.length > 1 && connector !== 'rest')
    throw new UsageError(
      `There are several connections of ${connector}: say which with --from or --to (${names.join(', ')}).`,
    )
  // Credentials of an API are for its own address only.
  return connector === 'rest' ? undefined : names[0]
}

function refuseConnection(connection: string | undefined, text: string): void {
  if (connection !== undefined) throw new UsageError(`"${text}" is a path of this machine and takes no connection.`)
}

function webName({ pathname }: URL): string {
  return decodeURIComponent(pathname.split('/').at(-1) ?? '') || 'index'
}
