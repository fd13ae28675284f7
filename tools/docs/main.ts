// `npm run docs`: writes the page of each connector, docs/connectors/NAME.md, and the table of connectors in README.md from
// what the connectors say of themselves. `npm run docs:check` writes nothing and fails where they are out of date.
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { format, resolveConfig } from 'prettier'
import { workspaceRoot } from '../workspace.ts'
import { connectorPage } from './src/connector-page.ts'
import { withConnectorTable } from './src/connector-table.ts'
import { describedConnectors } from './src/described-connector.ts'

const onlyCheck = process.argv.includes('--check')
const connectors = await describedConnectors(workspaceRoot)
const readme = readFileSync(join(workspaceRoot, 'README.md'), 'utf8')
const wanted = new Map([
  ['README.md', withConnectorTable(readme, connectors)],
  ...connectors.map((one): [string, string] => [`docs/connectors/${one.description.name}.md`, connectorPage(one)]),
])

const stale: string[] = []
for (const [path, content] of wanted) {
  const absolute = join(workspaceRoot, path)
  const text = await format(content, { ...(await resolveConfig(absolute)), filepath: absolute })
  if (existsSync(absolute) && readFileSync(absolute, 'utf8') === text) continue
  stale.push(path)
  if (onlyCheck) continue
  mkdirSync(dirname(absolute), { recursive: true })
  writeFileSync(absolute, text)
}
// The page of a connector that is gone.
for (const path of globSync('docs/connectors/*.md', { cwd: workspaceRoot })) {
  if (wanted.has(path.replaceAll('\\', '/'))) continue
  stale.push(path)
  if (!onlyCheck) rmSync(join(workspaceRoot, path))
}

if (onlyCheck && stale.length > 0) {
  process.stderr.write(`Out of date: ${stale.join(', ')}. Run: npm run docs\n`)
  process.exitCode = 1
} else {
  process.stdout.write(stale.length === 0 ? 'The pages are up to date.\n' : `Written: ${stale.join(', ')}\n`)
}
