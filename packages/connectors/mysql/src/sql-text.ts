/** The first words of a statement in lower case, past white space, comments and empty statements. */
export function firstWords(text: string): string {
  let at = 0
  for (;;) {
    const rest = text.slice(at, at + 3)
    // What stands in such a comment is executed (https://mariadb.com/kb/en/comment-syntax/).
    if (isExecutable(rest)) return '/*!'
    if (rest.startsWith('#') || /^--\s/.test(rest)) at = after(text, at, '\n')
    else if (rest.startsWith('/*')) at = after(text, at + 2, '*/')
    else if (/^[\s;(]/.test(rest)) at += 1
    else break
  }
  return text
    .slice(at, at + 80)
    .toLowerCase()
    .replace(/(\s|\/\*.*?\*\/)+/gs, ' ')
}

function isExecutable(text: string): boolean {
  return text.startsWith('/*!') || text.startsWith('/*M')
}

function after(text: string, from: number, mark: string): number {
  const end = text.indexOf(mark, from)
  return end < 0 ? text.length : end + mark.length
}

/** Does the statement begin or end a transaction, by itself or because MySQL commits before it? */
export function controlsTransaction(text: string): boolean {
  const words = firstWords(text)
  return control.test(words) && !/^(create|drop) temporary /.test(words)
}

/** https://dev.mysql.com/doc/refman/8.4/en/implicit-commit.html */
const control =
  /^(\/\*!|begin\b|start |commit\b|rollback(?! to\b| work to\b)|xa |set (session |global )?transaction\b|set .*\bautocommit\b|create |alter |drop |truncate |rename |grant |revoke |lock |unlock |analyze |optimize |repair |flush |reset |install |uninstall )/

/** After such a statement the session is not what the next caller expects. */
export function altersSession(text: string): boolean {
  return altering.test(firstWords(text))
}

const altering =
  /^(\/\*!|set |use |lock |unlock |prepare |deallocate |create temporary |call |begin\b|start |xa |handler |select get_lock|do )/
