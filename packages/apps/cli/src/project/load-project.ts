import { readFile, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { isPlainObject, nearest } from '@casare/core'
import type { Flow } from '@casare/flow'
import { isNode, LineCounter, parseDocument, type Document } from 'yaml'
import { UsageError } from '../usage-error.ts'
import { placed, type Project } from './project.ts'

const maxFileBytes = 1_048_576
const maxAliases = 100
const keys = ['connections', 'secretFolders']
const connectionKeys = ['connector', 'config']

/** Name of the file that is looked for in the working folder. */
export const projectFileName = 'casare.yaml'

/**
 * Reads the connections of `casare.yaml`, or of the file given, which may be a flow too.
 * @returns `undefined` where no file was given and the working folder has none.
 * @throws {UsageError} with file, line and field.
 */
export async function loadProject(folder: string, file: string | undefined): Promise<Project | undefined> {
  const shown = file ?? projectFileName
  const path = resolve(folder, shown)
  let text: string
  try {
    const { size } = await stat(path)
    if (size > maxFileBytes) throw new UsageError(`${shown}: the file may have at most ${maxFileBytes} bytes.`)
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof UsageError) throw error
    if (file === undefined && (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new UsageError(`${shown} cannot be read: ${(error as Error).message}`, error)
  }
  return parseProject(text, path, shown)
}

async function parseProject(text: string, path: string, shown: string): Promise<Project> {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true })
  const [broken] = document.errors
  if (broken !== undefined) {
    const { line, col } = lines.linePos(broken.pos[0])
    throw new UsageError(`${shown}:${line}:${col}: this is not valid YAML: ${broken.message}`)
  }
  let value: unknown
  try {
    value = document.toJS({ maxAliasCount: maxAliases })
  } catch (error) {
    throw new UsageError(`${shown}: ${(error as Error).message}`, error)
  }
  if (isPlainObject(value) && Object.hasOwn(value, 'flow')) {
    const { parseFlow } = await import('@casare/flow')
    return projectOf(parseFlow(text, path), shown)
  }
  const place = { file: shown, lineOf: (at: readonly (string | number)[]) => lineOf(document, lines, at) }
  return { ...place, folder: dirname(path), parameters: { projectFolder: dirname(path) }, ...checked(value, place) }
}

/** A flow's connections, for commands that look into what it reads and writes. */
export function projectOf({ definition, source }: Flow, shown: string): Project {
  const { connections, secretFolders = [], parameters = {} } = definition
  return {
    file: shown,
    folder: source.folder,
    connections,
    secretFolders,
    parameters: {
      ...Object.fromEntries(Object.entries(parameters).map(([name, { default: value }]) => [name, value])),
      flowFolder: source.folder,
    },
    lineOf: (path) => source.lineOf(path),
  }
}

function checked(
  value: unknown,
  place: Pick<Project, 'file' | 'lineOf'>,
): Pick<Project, 'connections' | 'secretFolders'> {
  const refuse = (path: readonly (string | number)[], message: string): never => {
    throw new UsageError(placed(place, path, message))
  }
  const objectAt = (part: unknown, path: readonly string[], known: readonly string[]): Record<string, unknown> => {
    if (!isPlainObject(part)) return refuse(path, 'must be a table of names and values.')
    for (const key of Object.keys(part))
      if (known.length > 0 && !known.includes(key))
        refuse([...path, key], `unknown key.${nearest(key, known) || ` Known here: ${known.join(', ')}.`}`)
    return part
  }
  const top = objectAt(value ?? {}, [], keys)
  const { secretFolders = [] } = top
  if (!Array.isArray(secretFolders) || secretFolders.some((one) => typeof one !== 'string'))
    refuse(['secretFolders'], 'must be a list of folders.')
  const connections = objectAt(top['connections'] ?? {}, ['connections'], [])
  for (const [name, one] of Object.entries(connections)) {
    const path = ['connections', name]
    if (!/^[A-Za-z][A-Za-z0-9_-]*$/.test(name)) refuse(path, 'a name has letters, digits, hyphens and underscores.')
    const { connector, config } = objectAt(one, path, connectionKeys)
    if (typeof connector !== 'string' || connector === '') refuse(path, '"connector" is missing.')
    if (config !== undefined && !isPlainObject(config)) refuse([...path, 'config'], 'must be a table.')
  }
  return { connections: connections as Project['connections'], secretFolders: secretFolders as string[] }
}

/** Line of the nearest node on the way to a field; a field's line is that of its key. */
function lineOf(document: Document, lines: LineCounter, path: readonly (string | number)[]): number | undefined {
  for (let length = path.length; length >= 0; length -= 1) {
    const parent: unknown = length <= 1 ? document.contents : document.getIn(path.slice(0, length - 1), true)
    const node: unknown = keyOf(parent, path[length - 1]) ?? document.getIn(path.slice(0, length), true)
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line
  }
  return undefined
}

function keyOf(parent: unknown, key: string | number | undefined): unknown {
  if (typeof parent !== 'object' || parent === null || !('items' in parent) || !Array.isArray(parent.items))
    return undefined
  return (parent.items as { key?: unknown }[]).find(
    ({ key: one }) => isNode(one) && 'value' in one && one.value === key,
  )?.key
}
