import { openConnections } from '../connectors/open-connections.ts'
import { applyParameters } from '../definition/apply-parameters.ts'
import type { Flow } from '../definition/flow-definition.ts'
import { sourceOf } from '../definition/source-of.ts'
import { StepChain } from '../steps/step-chain.ts'
import { secretProvidersOf, type RunOptions } from './run-flow.ts'

/**
 * Checks all of a flow but its data: parameters, connectors, configs, secrets, expressions, streams and, with `dial`, that
 * both systems answer.
 * @throws the first problem, with file, line and field.
 */
export async function checkFlow(
  flow: Flow,
  options: Pick<RunOptions, 'parameters' | 'secretProviders'> & { readonly dial?: boolean | undefined } = {},
): Promise<void> {
  const filled = applyParameters(flow, options.parameters)
  const { write } = filled.definition
  const source = sourceOf(filled.definition)
  const connections = await openConnections(filled, secretProvidersOf(filled, options.secretProviders), undefined)
  try {
    const ends = [
      connections.end(source.end.from, [...source.path, 'from']),
      connections.end(write.to, ['write', 'to']),
    ]
    const steps = await StepChain.create(filled)
    await steps.close()
    if (options.dial !== true) return
    for (const { connection } of ends) await (connection['$'] as { check(): Promise<void> }).check()
  } finally {
    await connections.close()
  }
}
