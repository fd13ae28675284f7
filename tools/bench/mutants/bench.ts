import { connectorChecks, effectChecks, runChecks, type CheckResult } from '@casare/testing'
import { atLeast, atMost, printTable, type Gate } from '../helpers.ts'
import { bugs, type Bug } from './bugs.ts'
import { ledgerEffects, ledgerSubject } from './ledger-subject.ts'
import { createLedger } from './ledger.ts'

/** Does the conformance suite find bugs? Each is put into a connector that passes without it. */
export default async function mutants(): Promise<Gate[]> {
  const wrongly = (await tryOut(undefined)).filter(({ outcome }) => outcome === 'failed')
  for (const { promise, check, reason } of wrongly) console.log(`without a bug: ${promise}: ${check}: ${reason}`)
  const rows: [string, string, string][] = []
  for (const bug of Object.keys(bugs) as Bug[]) {
    const found = (await tryOut(bug)).find(({ outcome }) => outcome === 'failed')
    rows.push([
      bug,
      found === undefined ? 'NOT CAUGHT' : found.promise,
      found?.reason?.split('\n')[0]?.slice(0, 90) ?? '',
    ])
  }
  printTable(['bug', 'caught by', 'how'], rows)
  const caught = rows.filter(([, by]) => by !== 'NOT CAUGHT').length
  return [
    atMost('checks that fail without a bug', wrongly.length, 0),
    atLeast('bugs', rows.length, 25),
    atLeast('bugs caught, percent', (100 * caught) / rows.length, 95),
  ]
}

async function tryOut(bug: Bug | undefined): Promise<CheckResult[]> {
  const subject = ledgerSubject(bug)
  const connector = createLedger(bug)
  const facts = { connector: 'ledger', suite: 'mutants', peer: subject.peer }
  const checks = [...connectorChecks(connector, subject), ...effectChecks(connector, ledgerEffects)]
  return runChecks(facts, checks, { stopAtFirst: bug !== undefined })
}
