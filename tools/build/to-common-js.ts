import { transformSync } from 'esbuild'
import ts from 'typescript'
import { rewriteSpecifiers } from './rewrite-specifiers.ts'

const lazyRequireHelper =
  'const toNamespace = (found) => (found && found.__esModule ? found : { ...found, default: found })\n'
const importMetaUrlHelper = "const importMetaUrl = require('node:url').pathToFileURL(__filename).href\n"

/**
 * Turns one file of ESM JavaScript into CommonJS.
 *
 * An `import('x')` of a fixed name becomes a `require`, because Jest with its defaults has no `import()`;
 * an `import(expression)` stays, since only it takes URLs.
 *
 * @param code ESM without types, in which `import.meta.url` already reads `importMetaUrl`
 */
export function toCommonJs(code: string): string {
  const renamed = rewriteSpecifiers(code, 'cjs')
  const lazy = withLazyRequire(renamed)
  const { code: common } = transformSync(lazy, {
    format: 'cjs',
    target: 'node22.19',
    platform: 'node',
    supported: { 'dynamic-import': true },
  })
  const helpers =
    (lazy === renamed ? '' : lazyRequireHelper) + (/\bimportMetaUrl\b/.test(code) ? importMetaUrlHelper : '')
  return helpers === '' ? common : insertAfterPrologue(common, helpers)
}

function withLazyRequire(code: string): string {
  const source = ts.createSourceFile('file.js', code, ts.ScriptTarget.Latest, false)
  const found: { start: number; end: number; specifier: string }[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [argument] = node.arguments
      if (argument && ts.isStringLiteralLike(argument)) {
        found.push({ start: node.getStart(source), end: node.getEnd(), specifier: argument.text })
        return
      }
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  let result = code
  for (const { start, end, specifier } of found.reverse()) {
    const text = `Promise.resolve().then(() => toNamespace(require(${JSON.stringify(specifier)})))`
    result = result.slice(0, start) + text + result.slice(end)
  }
  return result
}

/** A hash-bang and `"use strict"` only count at the very top. */
function insertAfterPrologue(code: string, text: string): string {
  const prologue = /^(?:#!.*\n)?(?:"use strict";\n)?/.exec(code)?.[0] ?? ''
  return prologue + text + code.slice(prologue.length)
}
