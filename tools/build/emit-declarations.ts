import { mkdirSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import ts from 'typescript'
import { workspaceRoot } from '../workspace.ts'
import { rewriteSpecifiers } from './rewrite-specifiers.ts'

/**
 * Writes the declarations of the entries of a package and of what their types reach: once, as CommonJS (`.d.cts`), which
 * both may import; the ESM entry (`.d.ts`) hands on the same names. Twins would double the weight, and make two unrelated
 * types of every class.
 *
 * Siblings are resolved as a consumer resolves them, through their built declarations: the `@casare/source` condition is
 * off here, so a declaration that only works inside the workspace fails the build.
 *
 * @param folder absolute path of the package
 * @param entries paths below `src` without ending
 * @throws an error that lists every diagnostic
 */
export function emitDeclarations(folder: string, entries: readonly string[]): void {
  const declarations = compile(folder)
  for (const stem of reachable(entries, declarations)) {
    const path = join(folder, 'dist', stem)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(`${path}.d.cts`, rewriteSpecifiers(declarations.get(stem) as string, 'd.cts'))
  }
  for (const stem of entries) {
    writeFileSync(join(folder, 'dist', `${stem}.d.ts`), `export * from './${basename(stem)}.cjs'\n`)
  }
}

/** The declarations of every source, by path below `src` without ending. */
function compile(folder: string): Map<string, string> {
  const declarationFolder = join(folder, 'dist')
  const parsed = ts.parseJsonConfigFileContent(
    { extends: join(workspaceRoot, 'tsconfig.base.json'), include: ['src/**/*.ts'] },
    ts.sys,
    folder,
    {
      customConditions: [],
      declaration: true,
      emitDeclarationOnly: true,
      noEmit: false,
      rootDir: join(folder, 'src'),
      outDir: declarationFolder,
    },
    join(folder, 'tsconfig.json'),
  )
  const program = ts.createProgram(parsed.fileNames, parsed.options)
  const declarations = new Map<string, string>()
  const emitted = program.emit(undefined, (path, text) => {
    if (!path.endsWith('.d.ts')) return
    declarations.set(path.slice(declarationFolder.length + 1, -'.d.ts'.length).replaceAll('\\', '/'), indented(text))
  })
  const failures = [...parsed.errors, ...ts.getPreEmitDiagnostics(program), ...emitted.diagnostics]
  if (failures.length === 0) return declarations
  throw new Error(
    ts.formatDiagnostics(ts.sortAndDeduplicateDiagnostics(failures), {
      getCanonicalFileName: (path) => path,
      getCurrentDirectory: () => folder,
      getNewLine: () => '\n',
    }),
  )
}

/** Two spaces for the compiler's four. */
function indented(text: string): string {
  return text.replaceAll(/^(?: {4})+/gm, (indent) => indent.slice(indent.length / 2))
}

function reachable(entries: readonly string[], declarations: ReadonlyMap<string, string>): Set<string> {
  const found = new Set<string>()
  const open = [...entries]
  for (let stem = open.pop(); stem !== undefined; stem = open.pop()) {
    const text = declarations.get(stem)
    if (text === undefined || found.has(stem)) continue
    found.add(stem)
    for (const { fileName } of ts.preProcessFile(text, true, false).importedFiles) {
      if (fileName.startsWith('.')) open.push(join(dirname(stem), fileName).replaceAll('\\', '/').replace(/\.ts$/, ''))
    }
  }
  return found
}
