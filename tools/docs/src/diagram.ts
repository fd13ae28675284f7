import type { DescribedConnector } from './described-connector.ts'

/** A Mermaid flowchart: who calls, what there is to call, by effect, and the system behind it. */
export function diagram({ description, manifest }: DescribedConnector): string {
  const { title, operations, streams, sessions } = description
  const lines = [
    'flowchart LR',
    `  caller["your code, a flow, the command line, an agent"]`,
    `  system[("${quoted(title)}")]`,
    `  subgraph connection["${quoted(manifest.name)}: validation, retries, limits, redaction"]`,
  ]
  const links: string[] = []
  const node = (id: string, label: string, link: string): void => {
    lines.push(`    ${id}["${quoted(label)}"]`)
    links.push(`  caller --> ${id}`, `  ${id} ${link} system`)
  }
  for (const effect of ['read', 'idempotent', 'keyed', 'unsafe'] as const) {
    const named = Object.entries(operations).filter(([, operation]) => operation.effect === effect)
    if (named.length > 0) node(`${effect}_operations`, `${effect}: ${named.map(([name]) => name).join(', ')}`, '<-->')
  }
  for (const [name, { read, listen, write }] of Object.entries(streams)) {
    const id = `stream_${name}`
    if (read !== undefined) node(`${id}_read`, `${name}.read: pages with a cursor`, '<-->|records|')
    if (listen !== undefined) node(`${id}_listen`, `${name}.listen: events, acknowledged`, '<-->|events, acks|')
    if (write !== undefined) node(`${id}_write`, `${name}.write: batches`, '-->|records|')
  }
  for (const name of Object.keys(sessions)) node(`session_${name}`, `${name}: one session for a callback`, '<-->')
  return [...lines, '  end', ...links].join('\n')
}

function quoted(text: string): string {
  return text.replaceAll('"', '#quot;')
}
