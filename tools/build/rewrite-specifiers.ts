import ts from 'typescript'

/** What a file is built as: the ending of its relative imports follows from it. */
export type OutputKind = 'js' | 'cjs' | 'd.cts'

interface Replacement {
  start: number
  end: number
  text: string
}

/**
 * Makes built code find its siblings. Sources import `./retry.ts`; in dist that is `./retry.js` for ESM and
 * `./retry.cjs` for CommonJS, in declarations too (TypeScript leaves `.ts` standing there). `new URL('./worker.ts',
 * import.meta.url)` is followed in the same way.
 *
 * @param code one built file
 * @param kind what it was built as
 */
export function rewriteSpecifiers(code: string, kind: OutputKind): string {
  const ending = kind === 'cjs' || kind === 'd.cts' ? '.cjs' : '.js'
  const source = ts.createSourceFile(kind === 'd.cts' ? 'file.d.ts' : 'file.js', code, ts.ScriptTarget.Latest, false)
  const replacements: Replacement[] = []

  const renamed = (specifier: string): string => specifier.replace(/^(\.\.?\/.*)\.(?:ts|js)$/, `$1${ending}`)
  const rename = (node: ts.Node | undefined): void => {
    if (!node || !ts.isStringLiteralLike(node)) return
    const text = renamed(node.text)
    if (text !== node.text) replacements.push({ start: node.getStart(source) + 1, end: node.getEnd() - 1, text })
  }
  const renameAllBelow = (node: ts.Node): void => {
    rename(node)
    ts.forEachChild(node, renameAllBelow)
  }
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
      rename(node.moduleSpecifier)
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      rename(node.argument.literal)
    } else if (ts.isNewExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 'URL') {
      const [address, base] = node.arguments ?? []
      if (address && base) renameAllBelow(address)
    } else if (ts.isCallExpression(node)) {
      const [argument] = node.arguments
      if (node.expression.kind === ts.SyntaxKind.ImportKeyword || isRequire(node.expression)) rename(argument)
    }
    ts.forEachChild(node, visit)
  }
  visit(source)

  let result = code
  for (const { start, end, text } of replacements.sort((left, right) => right.start - left.start)) {
    result = result.slice(0, start) + text + result.slice(end)
  }
  return result
}

function isRequire(node: ts.Node): boolean {
  return ts.isIdentifier(node) && node.text === 'require'
}
