import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import ts from 'typescript'
import { workspaceRoot } from '../workspace.ts'
import { rewriteSpecifiers } from './rewrite-specifiers.ts'

/**
 * Writes `dist/*.d.ts` and its CommonJS twin `dist/*.d.cts` for every source of a package.
 *
 * Siblings are resolved as a consumer resolves them, through their built declarations: the `@casare/source` condition is
 * off here, so a declaration that only works inside the workspace fails the build.
 *
 * @param folder absolute path of the package
 * @throws an error that lists every diagnostic
 */
export function emitDeclarations(folder: string): void {
  const basePath = join(workspaceRoot, 'tsconfig.base.json')
  const parsed = ts.parseJsonConfigFileContent(
    { extends: basePath, include: ['src/**/*.ts'] },
    ts.sys,
    folder,
    {
      customConditions: [],
      declaration: true,
      emitDeclarationOnly: true,
      noEmit: false,
      rootDir: join(folder, 'src'),
      outDir: join(folder, 'dist'),
    },
    join(folder, 'tsconfig.json'),
  )
  const program = ts.createProgram(parsed.fileNames, parsed.options)
  const failures = [...parsed.errors, ...ts.getPreEmitDiagnostics(program)]
  const emitted = program.emit(undefined, (path, text) => {
    if (!path.endsWith('.d.ts')) return
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, rewriteSpecifiers(text, 'd.ts'))
    writeFileSync(path.replace(/\.d\.ts$/, '.d.cts'), rewriteSpecifiers(text, 'd.cts'))
  })
  failures.push(...emitted.diagnostics)
  if (failures.length > 0) {
    throw new Error(
      ts.formatDiagnostics(failures, {
        getCanonicalFileName: (path) => path,
        getCurrentDirectory: () => folder,
        getNewLine: () => '\n',
      }),
    )
  }
}
