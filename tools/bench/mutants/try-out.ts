import { connectorChecks, effectChecks, runChecks } from '@casare/testing'
import type { Bug } from './bugs.ts'
import { ledgerEffects, ledgerSubject } from './ledger-subject.ts'
import { createLedger } from './ledger.ts'

/** One connector in a process of its own: a bug leaves timers, sockets and module state behind. */
const bug = process.argv[2] as Bug | undefined
const subject = ledgerSubject(bug)
const connector = createLedger(bug)
const facts = { connector: 'ledger', suite: 'mutants', peer: subject.peer }
const checks = [...connectorChecks(connector, subject), ...effectChecks(connector, ledgerEffects)]
const results = await runChecks(facts, checks, { stopAtFirst: bug !== undefined })
process.stdout.write(
  `${JSON.stringify(results.map(({ promise, check, outcome, reason }) => ({ promise, check, outcome, reason })))}\n`,
  () => process.exit(),
)
