import type { AnyConnector } from '@casare/core'
import { inapplicable, type Check } from '../checks/check.ts'
import { registerChecks, type TestRunner } from '../checks/run-checks.ts'
import type { ConnectorSubject } from '../subject/connector-subject.ts'
import { callChecks } from './call-checks.ts'
import { errorChecks } from './error-checks.ts'
import { inputChecks } from './input-checks.ts'
import { lifecycleChecks } from './lifecycle-checks.ts'
import { listenChecks } from './listen-checks.ts'
import { readChecks } from './read-checks.ts'
import { schemaChecks } from './schema-checks.ts'
import { secretChecks } from './secret-checks.ts'
import type { SuiteContext } from './suite-context.ts'
import { egressChecks } from './egress-checks.ts'
import { transportChecks } from './transport-checks.ts'
import { writeChecks } from './write-checks.ts'

/**
 * Everything that every connector must keep, as checks to run without a test runner.
 * Each has a fresh peer of its own. What does not apply is a result with its reason.
 */
export function connectorChecks(connector: AnyConnector, subject: ConnectorSubject): Check[] {
  const context: SuiteContext = { connector, subject }
  return [
    ...schemaChecks(context),
    ...callChecks(context),
    ...errorChecks(context),
    ...transportChecks(context),
    ...egressChecks(context),
    ...lifecycleChecks(context),
    ...secretChecks(context),
    ...inputChecks(context),
    ...streamChecks(context),
  ]
}

function streamChecks(context: SuiteContext): Check[] {
  const streams = Object.entries(context.connector.describe().streams)
  const none = (promise: string, facet: 'read' | 'listen' | 'write'): Check[] =>
    streams.some(([, facets]) => facets[facet] !== undefined)
      ? []
      : [inapplicable(promise, `streams that ${facet}`, { notApplicable: `No stream can ${facet}.` })]
  const missing = (promise: string, name: string): Check => ({
    promise,
    name,
    run: () => Promise.reject(new Error(`The subject says nothing of ${name}.`)),
  })
  return [
    ...streams.flatMap(([name, facets]) => {
      const given = context.subject.streams?.[name]
      return [
        ...(facets.read === undefined
          ? []
          : given?.read === undefined
            ? [missing('reads', `${name}.read`)]
            : readChecks(context, name, given.read)),
        ...(facets.write === undefined
          ? []
          : given?.write === undefined
            ? [missing('writes', `${name}.write`)]
            : writeChecks(context, name, given.write)),
        ...(facets.listen === undefined
          ? []
          : given?.listen === undefined
            ? [missing('listeners', `${name}.listen`)]
            : listenChecks(context, name, given.listen)),
      ]
    }),
    ...none('reads', 'read'),
    ...none('writes', 'write'),
    ...none('listeners', 'listen'),
  ]
}

/**
 * Registers the conformance suite of a connector as tests.
 * @param runner `{ describe, test }` of any runner like Jest. Default: the globals.
 * @example
 * connectorSuite(sqlite, { peer, entry: import.meta.resolve('../src/index.ts'), start, examples, … })
 */
export function connectorSuite(connector: AnyConnector, subject: ConnectorSubject, runner?: TestRunner): void {
  const facts = { connector: connector.connectorName, suite: 'conformance', peer: subject.peer }
  registerChecks(facts, connectorChecks(connector, subject), runner)
}
