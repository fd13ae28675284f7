import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { statePathOf, StateStore, type Flow } from '@casare/flow'
import type { Host } from '../host.ts'
import { UsageError } from '../usage-error.ts'
import { loadFlowFile } from './load-flow-file.ts'

/** The dead letters that a command is about: those of a flow, or of a whole state file. */
export interface OpenedState {
  /** `undefined` where the flow has not run yet: there is no file. */
  readonly store: StateStore | undefined
  readonly path: string
  readonly flow: Flow | undefined
}

/**
 * Opens the state of a flow, or the file of `--state`; makes none.
 * @throws {UsageError} where neither is given, or the file of `--state` is not there.
 */
export async function openState(
  { folder, env }: Pick<Host, 'folder' | 'env'>,
  flowFile: string | undefined,
  stateFile: string | undefined,
): Promise<OpenedState> {
  if (flowFile === undefined && stateFile === undefined)
    throw new UsageError('Name the flow whose dead letters you mean, or a state file with --state PATH.')
  const flow = flowFile === undefined ? undefined : await loadFlowFile(folder, flowFile)
  const path = stateFile === undefined && flow !== undefined ? statePathOf(flow) : resolve(folder, stateFile ?? '')
  if (!existsSync(path)) {
    if (stateFile !== undefined) throw new UsageError(`There is no state file ${stateFile}.`)
    return { store: undefined, path, flow }
  }
  return { store: StateStore.open(path, env['CASARE_STATE_KEY']), path, flow }
}
