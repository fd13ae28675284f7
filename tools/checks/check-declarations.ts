import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import ts from 'typescript'
import { codeEntries, type WorkspacePackage } from '../workspace.ts'

/** Entries of this name are pieces for schemas, and the only ones that may show zod's types to a consumer. */
const allowedEntry = './zod'

/**
 * Finds entries whose published declarations lead to zod: they would tie every consumer to one schema library and one
 * version of it. Follows relative imports, and the packages of this repository into each other.
 *
 * @param entry the package to look at, built
 * @param all every package of the workspace
 * @returns one sentence per entry that reaches zod, with the way there
 */
export function checkDeclarations(entry: WorkspacePackage, all: readonly WorkspacePackage[]): string[] {
  const problems: string[] = []
  for (const { subpath, stem } of codeEntries(entry.manifest)) {
    if (subpath === allowedEntry) continue
    const name = entry.manifest.name + subpath.slice(1)
    const way = wayToZod(join(entry.folder, 'dist', `${stem}.d.cts`), all)
    if (way) problems.push(`the declarations of ${name} reach zod: ${way.join(' -> ')}`)
  }
  return problems
}

function wayToZod(start: string, all: readonly WorkspacePackage[]): string[] | undefined {
  const seen = new Set<string>()
  const search = (file: string): string[] | undefined => {
    if (seen.has(file) || !existsSync(file)) return undefined
    seen.add(file)
    for (const specifier of importsOf(file)) {
      if (/^zod($|\/)/.test(specifier)) return [file, specifier]
      const next = specifier.startsWith('.')
        ? join(dirname(file), specifier.replace(/\.cjs$/, '.d.cts'))
        : siblingDeclarations(specifier, all)
      const rest = next && search(next)
      if (rest) return [file, ...rest]
    }
    return undefined
  }
  return search(start)?.map((step) => step.replace(/^.*\/packages\//, ''))
}

function importsOf(file: string): string[] {
  return ts.preProcessFile(readFileSync(file, 'utf8'), true, false).importedFiles.map(({ fileName }) => fileName)
}

function siblingDeclarations(specifier: string, all: readonly WorkspacePackage[]): string | undefined {
  for (const { folder, manifest } of all) {
    for (const { subpath, stem } of codeEntries(manifest)) {
      if (specifier === manifest.name + subpath.slice(1)) return join(folder, 'dist', `${stem}.d.cts`)
    }
  }
  return undefined
}
