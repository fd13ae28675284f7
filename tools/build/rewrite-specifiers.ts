import ts from 'typescript'

/** What a file is built as: the ending of its relative imports follows from it. */
export type OutputKind = 'js' | 'cjs' | 'd.ts' | 'd.cts'

interface Replacement {
  start: number
  end: number
  text: string
}

const lazyRequireHelper =
  'const toNamespace = (found) => (found && found.__esModule ? found : { ...found, default: found })\n'
const importMetaUrlHelper = "const importMetaUrl = require('node:url').pathToFileURL(__filename).href\n"

/**
 * Makes built code find its siblings. Sources import `./retry.ts`; in dist that is `./retry.js` for ESM and
 * `./retry.cjs` for CommonJS, in declarations too (TypeScript leaves `.ts` standing there). `new URL('./worker.ts',
 * import.meta.url)` is followed in the same way.
 *
 * In CommonJS an `import('x')` of a fixed name becomes a `require`, because Jest with its defaults has no `import()`;
 * an `import(expression)` stays, since only it takes URLs.
 *
 * @param code one built file
 * @param kind what it was built as
 */
export function rewriteSpecifiers(code: string, kind: OutputKind): string {
  const ending = kind === 'cjs' || kind === 'd.cts' ? '.cjs' : '.js'
  const isDeclaration = kind === 'd.ts' || kind === 'd.cts'
  const source = ts.createSourceFile(isDeclaration ? 'file.d.ts' : 'file.js', code, ts.ScriptTarget.Latest, false)
  const replacements: Replacement[] = []
  let needsLazyRequire = false

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
      if (node.expression.kind === ts.SyntaxKind.ImportKeyword && argument && ts.isStringLiteralLike(argument)) {
        if (kind === 'cjs') {
          needsLazyRequire = true
          const text = `Promise.resolve().then(() => toNamespace(require(${JSON.stringify(renamed(argument.text))})))`
          replacements.push({ start: node.getStart(source), end: node.getEnd(), text })
          return
        }
        rename(argument)
      } else if (ts.isIdentifier(node.expression) && node.expression.text === 'require') {
        rename(argument)
      }
    }
    ts.forEachChild(node, visit)
  }
  visit(source)

  let result = code
  for (const { start, end, text } of replacements.sort((left, right) => right.start - left.start)) {
    result = result.slice(0, start) + text + result.slice(end)
  }
  if (kind !== 'cjs') return result
  const helpers =
    (needsLazyRequire ? lazyRequireHelper : '') + (/\bimportMetaUrl\b/.test(code) ? importMetaUrlHelper : '')
  return helpers === '' ? result : insertAfterPrologue(result, helpers)
}

/** A hash-bang and `"use strict"` only count at the very top. */
function insertAfterPrologue(code: string, text: string): string {
  const prologue = /^(?:#!.*\n)?(?:"use strict";\n)?/.exec(code)?.[0] ?? ''
  return prologue + text + code.slice(prologue.length)
}
