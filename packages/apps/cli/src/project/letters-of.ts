import { ConnectorError } from '@casare/core'
import type { DeadLetter } from '@casare/flow'
import { UsageError } from '../usage-error.ts'
import type { OpenedState } from './open-state.ts'

/**
 * The dead letters of some ids.
 * @throws {UsageError} for an id that is not there, or one of another flow.
 */
export function lettersOf({ store, path, flow }: OpenedState, ids: readonly number[]): DeadLetter[] {
  if (store === undefined) throw new UsageError(`The flow has not run yet: there is no ${path}.`)
  const name = flow?.definition.flow
  return ids.map((id) => {
    const letter = get(store, id)
    if (name !== undefined && letter.flow !== name)
      throw new UsageError(`The dead letter ${id} is one of the flow "${letter.flow}", not of "${name}".`)
    return letter
  })
}

function get(store: NonNullable<OpenedState['store']>, id: number): DeadLetter {
  try {
    return store.deadLetters.get(id)
  } catch (error) {
    throw ConnectorError.is(error, 'not_found') ? new UsageError(error.message, error) : error
  }
}
