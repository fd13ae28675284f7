import type { AnyConnector } from '@casare/core'
import type { Check } from '../checks/check.ts'
import { registerChecks, type TestRunner } from '../checks/run-checks.ts'
import type { SqlSubject } from './sql.ts'
import { sqlSafetyChecks } from './sql-safety-checks.ts'
import { sqlTransactionChecks } from './sql-transaction-checks.ts'
import { sqlValueChecks } from './sql-value-checks.ts'

/** What every SQL database keeps: exact values, safe statements, whole transactions, errors that say where. */
export function sqlChecks(connector: AnyConnector, subject: SqlSubject): Check[] {
  return [
    ...sqlValueChecks(connector, subject),
    ...sqlSafetyChecks(connector, subject),
    ...sqlTransactionChecks(connector, subject),
  ]
}

/** Registers `sqlChecks` as tests. */
export function sqlSuite(connector: AnyConnector, subject: SqlSubject, runner?: TestRunner): void {
  registerChecks(
    { connector: connector.connectorName, suite: 'sql', peer: subject.peer },
    sqlChecks(connector, subject),
    runner,
  )
}
