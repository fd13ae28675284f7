/** The first words of a statement in lower case, past white space, comments and empty statements. */
export function firstWords(text: string): string {
  let at = 0
  for (;;) {
    const rest = text.slice(at, at + 2)
    if (rest === '--') at = afterLine(text, at)
    else if (rest === '/*') at = afterComment(text, at)
    else if (/^[\s;]/.test(rest)) at += 1
    else break
  }
  return text
    .slice(at, at + 60)
    .toLowerCase()
    .replace(/(\s|--[^\n]*\n?|\/\*.*?\*\/)+/gs, ' ')
}

function afterLine(text: string, at: number): number {
  const end = text.indexOf('\n', at)
  return end < 0 ? text.length : end + 1
}

/** Comments nest (https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-COMMENTS). */
function afterComment(text: string, at: number): number {
  let depth = 0
  for (let index = at; index < text.length; index += 1) {
    const pair = text.slice(index, index + 2)
    if (pair === '/*') depth += 1
    else if (pair === '*/') depth -= 1
    else continue
    index += 1
    if (depth === 0) return index + 1
  }
  return text.length
}

/** Does the statement begin or end a transaction? */
export function controlsTransaction(text: string): boolean {
  return control.test(firstWords(text))
}

const control =
  /^(begin|start transaction|commit|end|abort|prepare transaction|rollback(?! to\b| work to\b| transaction to\b))\b/

/** Is it COPY? That needs a stream. */
export function isCopy(text: string): boolean {
  return /^copy\b/.test(firstWords(text))
}
