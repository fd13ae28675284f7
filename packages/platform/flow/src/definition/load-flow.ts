import { readFile, stat } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { ConnectorError, invalidInput } from '@casare/core'
import { isNode, LineCounter, parseDocument, type Document } from 'yaml'
import { checkDefinition } from './check-definition.ts'
import type { Flow, FlowSource } from './flow-definition.ts'

const maxFileBytes = 1_048_576
/** Aliases resolved at most: a file that multiplies itself by aliases ends here. */
const maxAliases = 100

/**
 * Reads a flow file (YAML or JSON, at most 1 MiB).
 * @throws `not_found`, or `invalid_input` with file, line and field.
 */
export async function loadFlow(file: string): Promise<Flow> {
  return parseFlow(await readText(file), resolve(file))
}

async function readText(file: string): Promise<string> {
  try {
    const { size } = await stat(file)
    if (size > maxFileBytes)
      throw invalidInput(`${file}: a flow file may have at most ${maxFileBytes} bytes, this one has ${size}.`)
    return await readFile(file, 'utf8')
  } catch (error) {
    if (ConnectorError.is(error)) throw error
    throw new ConnectorError({
      code: 'not_found',
      message: `Flow file ${file} cannot be read: ${(error as Error).message}`,
      cause: error,
    })
  }
}

/** Reads a flow from text; `file` is for messages and for relative paths. */
export function parseFlow(text: string, file: string): Flow {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, version: '1.2', uniqueKeys: true })
  const [broken] = document.errors
  if (broken !== undefined) {
    const { line, col } = lines.linePos(broken.pos[0])
    throw invalidInput(`${basename(file)}:${line}:${col}: this is not valid YAML: ${broken.message}`)
  }
  const source: FlowSource = { file, folder: dirname(file), lineOf: (path) => lineOf(document, lines, path) }
  let value: unknown
  try {
    value = document.toJS({ maxAliasCount: maxAliases })
  } catch (error) {
    throw invalidInput(
      `${basename(file)}: ${(error as Error).message}. At most ${maxAliases} aliases are allowed.`,
      error,
    )
  }
  return { definition: checkDefinition(value, source), source }
}

/** Line of the nearest node there is on the way to a field. */
function lineOf(document: Document, lines: LineCounter, path: readonly (string | number)[]): number | undefined {
  for (let length = path.length; length >= 0; length -= 1) {
    const parent: unknown = length <= 1 ? document.contents : document.getIn(path.slice(0, length - 1), true)
    const pair = pairOf(parent, path[length - 1])
    const node: unknown = pair ?? document.getIn(path.slice(0, length), true)
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line
  }
  return undefined
}

/** The key of a field is where its line is: the value may begin on the next. */
function pairOf(parent: unknown, key: string | number | undefined): unknown {
  if (typeof parent !== 'object' || parent === null || !('items' in parent) || !Array.isArray(parent.items))
    return undefined
  const found = (parent.items as { key?: unknown }[]).find(
    ({ key: one }) => isNode(one) && 'value' in one && one.value === key,
  )
  return found?.key
}
