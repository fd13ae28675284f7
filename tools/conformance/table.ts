import type { CheckResult } from '@casare/testing'

/** What a run has shown, connector by connector; the versions of peers are the run's. */
export interface ConformanceRun {
  readonly connector: string
  readonly results: readonly CheckResult[]
}

/** The document, from runs and nothing else. */
export function conformancePage(runs: readonly ConformanceRun[]): string {
  const promises = [...new Set(runs.flatMap(({ results }) => results.map(({ promise }) => promise)))]
  const header = ['promise', ...runs.map(({ connector, results }) => `${connector}, against ${peerOf(results)}`)]
  const lines = promises.map((promise) => [promise, ...runs.map(({ results }) => cell(results, promise))])
  return [
    '# Conformance',
    '',
    'What each connector has kept in a run of `npm run conformance`, which wrote this page: checks passed, and the number of',
    'cases they tried. The head of a column names the peer and its version. The reasons of `not applicable` are further down.',
    'The suites are in `@casare/testing`, the examples in `test/connector.test.ts` of each connector.',
    '',
    table(header, lines),
    ...runs.flatMap(({ connector, results }) => [
      '',
      `## ${connector}`,
      '',
      ...promises.flatMap((promise) => details(results.filter((one) => one.promise === promise))),
    ]),
    '',
  ].join('\n')
}

function peerOf(results: readonly CheckResult[]): string {
  const peer = results[0]?.peer
  return peer === undefined ? 'nothing' : `${peer.name} ${peer.version}, ${peer.kind}`
}

function cell(results: readonly CheckResult[], promise: string): string {
  const of = results.filter((one) => one.promise === promise)
  const passed = of.filter(({ outcome }) => outcome === 'passed')
  const failed = of.filter(({ outcome }) => outcome === 'failed')
  const cases = passed.reduce((sum, one) => sum + one.cases, 0)
  if (of.length === 0) return 'no suite of this kind'
  if (failed.length > 0) return `FAILED ${failed.length} of ${of.length}`
  return passed.length === 0 ? 'not applicable' : `passed ${passed.length} (${cases} cases)`
}

function details(results: readonly CheckResult[]): string[] {
  return results.map(({ promise, check, outcome, cases, reason }) => {
    const what = outcome === 'passed' ? `passed, ${cases} ${cases === 1 ? 'case' : 'cases'}` : `${outcome}: ${reason}`
    return `- ${promise}: ${check}: ${what}`
  })
}

function table(header: readonly string[], lines: readonly (readonly string[])[]): string {
  const rows = [header, ...lines]
  const widths = header.map((_cell, column) => Math.max(3, ...rows.map((line) => (line[column] ?? '').length)))
  const format = (line: readonly string[]): string =>
    `| ${line.map((one, column) => one.padEnd(widths[column] ?? 0)).join(' | ')} |`
  return [format(header), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...lines.map(format)].join(
    '\n',
  )
}

/** The page without what differs from machine to machine: counts of cases and versions. For the comparison of `--check`. */
export function shapeOf(page: string): string {
  return page
    .replace(/\d+ cases?/g, 'N cases')
    .replace(/against (.+?) [\d.]+, /g, 'against $1, ')
    .replace(/ +/g, ' ')
    .replace(/-{3,}/g, '---')
}
