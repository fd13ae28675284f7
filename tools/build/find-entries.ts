import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import ts from 'typescript'
import { codeEntries, type Manifest } from '../workspace.ts'

/**
 * The sources of a package that must exist in `dist` under their own name: what `exports` and `bin` name, and what other
 * sources load by address (`new URL('./worker.ts', import.meta.url)`).
 *
 * @param folder absolute path of the package
 * @returns paths below `src` without ending, such as `index` or `engine/worker`
 */
export function findEntries(folder: string, manifest: Manifest): string[] {
  const stems = new Set(codeEntries(manifest).map(({ stem }) => stem))
  const { bin = {} } = manifest
  for (const path of typeof bin === 'string' ? [bin] : Object.values(bin)) {
    const stem = /^(?:\.\/)?dist\/(.+)\.c?js$/.exec(path)?.[1]
    if (stem) stems.add(stem)
  }
  for (const path of globSync('src/**/*.ts', { cwd: folder })) {
    for (const address of addressesIn(readFileSync(join(folder, path), 'utf8'))) {
      const source = join(folder, dirname(path), address.replace(/\.(?:ts|js)?$/, ''))
      if (existsSync(`${source}.ts`)) stems.add(relative(join(folder, 'src'), source).replaceAll('\\', '/'))
    }
  }
  return [...stems].sort()
}

/** The relative addresses, or their fixed beginnings, that a source hands to `new URL(…, base)`. */
function addressesIn(code: string): string[] {
  if (!code.includes('import.meta.url')) return []
  const found: string[] = []
  const collect = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) || node.kind === ts.SyntaxKind.TemplateHead) {
      const { text } = node as ts.StringLiteralLike | ts.TemplateHead
      if (text.startsWith('./') || text.startsWith('../')) found.push(text)
    }
    ts.forEachChild(node, collect)
  }
  const visit = (node: ts.Node): void => {
    if (ts.isNewExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 'URL') {
      const [address, base] = node.arguments ?? []
      if (address && base) collect(address)
    }
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile('file.ts', code, ts.ScriptTarget.Latest, false))
  return found
}
