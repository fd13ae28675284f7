import type { AnyConnector } from '@casare/core'
import { inapplicable, isNotApplicable, type Check, type CheckOutcome } from '../checks/check.ts'
import type { ConnectorSubject } from '../subject/connector-subject.ts'
import { Trial } from '../subject/trial.ts'

/** What the checks of one connector share. */
export interface SuiteContext {
  readonly connector: AnyConnector
  readonly subject: ConnectorSubject
}

/** A check with a fresh peer of its own. */
export function trialCheck(
  context: SuiteContext,
  promise: string,
  name: string,
  run: (trial: Trial) => Promise<CheckOutcome>,
): Check {
  return {
    promise,
    name,
    async run() {
      await using trial = await Trial.start(context.connector, context.subject)
      return await run(trial)
    },
  }
}

/** A check that needs this part of the subject; where the author says that it does not apply, that is its result. */
export function partCheck<Part>(
  context: SuiteContext,
  promise: string,
  name: string,
  part: Part,
  run: (trial: Trial, part: Exclude<Part, { readonly notApplicable: string } | undefined>) => Promise<CheckOutcome>,
): Check {
  if (isNotApplicable(part)) return inapplicable(promise, name, part)
  return trialCheck(context, promise, name, (trial) => {
    if (part === undefined) throw new Error(`${name}: the subject does not say how, nor why it does not apply.`)
    return run(trial, part as never)
  })
}
