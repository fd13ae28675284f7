import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { workspaceRoot } from '../workspace.ts'
import { collect } from './collect.ts'
import { conformancePage, shapeOf, type ConformanceRun } from './table.ts'

/**
 * Runs the suites of all connectors and writes `docs/conformance.md`; with `--check`, compares the page's shape instead.
 * `--deep` makes 1,000 calls per writing operation. Names of connectors run those alone and leave the page as it is.
 */
const { values, positionals } = parseArgs({
  options: { check: { type: 'boolean', default: false }, deep: { type: 'boolean', default: false } },
  allowPositionals: true,
})
if (values.deep) process.env['CASARE_DEEP'] = '1'
const page = join(workspaceRoot, 'docs/conformance.md')
const files = globSync('packages/connectors/*/test/connector.test.ts', { cwd: workspaceRoot })
  .filter((file) => positionals.length === 0 || positionals.includes(connectorOf(file)))
  .sort()

const runs: ConformanceRun[] = []
for (const file of files) {
  const connector = connectorOf(file)
  const results = await collect(pathToFileURL(join(workspaceRoot, file)).href)
  runs.push({ connector, results })
  const count = (outcome: string): number => results.filter((one) => one.outcome === outcome).length
  console.log(
    `${connector}: ${count('passed')} passed, ${count('failed')} failed, ${count('not applicable')} not applicable`,
  )
  for (const { promise, check, reason } of results.filter(({ outcome }) => outcome === 'failed'))
    console.log(`  ${promise}: ${check}: ${reason}`)
}

const text = conformancePage(runs)
if (runs.some(({ results }) => results.some(({ outcome }) => outcome === 'failed'))) process.exitCode = 1
if (positionals.length > 0) console.log('Only some were run: docs/conformance.md is left as it is.')
else if (!values.check) writeFileSync(page, text)
else if (!existsSync(page) || shapeOf(readFileSync(page, 'utf8')) !== shapeOf(text)) {
  console.log('docs/conformance.md does not show what this run has shown: npm run conformance writes it anew.')
  process.exitCode = 1
}

// A peer that a suite has left open must not hold the report up.
process.exit(process.exitCode ?? 0)

function connectorOf(file: string): string {
  return basename(dirname(dirname(file)))
}
