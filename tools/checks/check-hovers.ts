import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import ts from 'typescript'
import type { WorkspacePackage } from '../workspace.ts'

interface Described {
  readonly connectorName: string
  readonly spec: { readonly sessions?: object }
  describe(): { readonly operations: object; readonly streams: object }
}

const options: ts.CompilerOptions = {
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  target: ts.ScriptTarget.ES2024,
  strict: true,
  noEmit: true,
  skipLibCheck: true,
}

/**
 * Asks the editor's own service what it shows on each operation, stream and session of a connector, from the built
 * declarations: a doc comment reaches it only from its own line above the export specifier, or the entry of a table.
 *
 * @param entry a package, built; others than connectors pass
 * @returns one sentence per name without a text
 */
export async function checkHovers({ folder, manifest, shortName }: WorkspacePackage): Promise<string[]> {
  if (manifest.casare?.connector === undefined) return []
  const exported = (await import(pathToFileURL(join(folder, 'dist/index.js')).href)) as Record<string, unknown>
  const [exportName, connector] =
    Object.entries(exported).find(([, value]) => (value as Partial<Described> | null)?.connectorName === shortName) ??
    []
  if (exportName === undefined) return [`exports no connector of the name ${shortName}`]
  const { operations, streams } = (connector as Described).describe()
  const names = [operations, streams, (connector as Described).spec.sessions ?? {}].flatMap(Object.keys)
  const hover = hovers(join(folder, 'hovers.ts'), exportName, names)
  return names
    .filter((name) => hover(name) === '')
    .map((name) => `an editor shows nothing on .${name}: put its doc comment above its export specifier or table entry`)
}

function hovers(file: string, exportName: string, names: readonly string[]): (name: string) => string {
  const head = `import { ${exportName} } from './dist/index.js'\ndeclare const connection: ReturnType<typeof ${exportName}>\n`
  const text = `${head}${names.map((name) => `connection.${name};\n`).join('')}`
  const read = (path: string): string | undefined => (path === file ? text : ts.sys.readFile(path))
  const service = ts.createLanguageService({
    getScriptFileNames: () => [file],
    getScriptVersion: () => '1',
    getScriptSnapshot(path) {
      const content = read(path)
      return content === undefined ? undefined : ts.ScriptSnapshot.fromString(content)
    },
    getCurrentDirectory: () => ts.sys.getCurrentDirectory(),
    getCompilationSettings: () => options,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    fileExists: (path) => path === file || ts.sys.fileExists(path),
    readFile: read,
    readDirectory: ts.sys.readDirectory,
    directoryExists: ts.sys.directoryExists,
    getDirectories: ts.sys.getDirectories,
  })
  return (name) => {
    const position = text.indexOf(`connection.${name};\n`, head.length) + 'connection.'.length
    return ts.displayPartsToString(service.getQuickInfoAtPosition(file, position)?.documentation).trim()
  }
}
