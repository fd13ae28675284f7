/**
 * The target of the first link with this relation in a `Link` header (RFC 8288); `undefined` where there is none. Takes
 * quoted parameters, several relations in one `rel`, commas and semicolons within the target and within quotes.
 */
export function linkTarget(header: string | readonly string[] | undefined, relation: string): string | undefined {
  if (header === undefined) return undefined
  const text = typeof header === 'string' ? header : header.join(', ')
  for (const { target, parameters } of links(text)) {
    if (parameters.some(([name, value]) => name === 'rel' && value.toLowerCase().split(/\s+/).includes(relation)))
      return target
  }
  return undefined
}

type Link = { readonly target: string; readonly parameters: readonly (readonly [name: string, value: string])[] }

const targetPattern = /[\s,]*<([^>]*)>/y
const parameterPattern = /\s*;\s*([^\s=;,"]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?/y

function* links(text: string): Generator<Link> {
  let at = 0
  for (;;) {
    targetPattern.lastIndex = at
    const found = targetPattern.exec(text)
    if (found === null) return
    at = targetPattern.lastIndex
    const parameters: (readonly [string, string])[] = []
    for (;;) {
      parameterPattern.lastIndex = at
      const parameter = parameterPattern.exec(text)
      if (parameter === null) break
      at = parameterPattern.lastIndex
      parameters.push([(parameter[1] ?? '').toLowerCase(), parameter[2]?.replace(/\\(.)/g, '$1') ?? parameter[3] ?? ''])
    }
    yield { target: found[1] ?? '', parameters }
  }
}
