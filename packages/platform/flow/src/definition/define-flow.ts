import { checkDefinition } from './check-definition.ts'
import type { Flow, FlowDefinition } from './flow-definition.ts'

/**
 * A flow in code: as a file, but connectors, connections and step functions may be values.
 * @param folder the folder that relative paths start from. Default: the working folder.
 * @throws `invalid_input`, naming the field, where the definition is not valid.
 */
export function defineFlow(definition: FlowDefinition, folder = process.cwd()): Flow {
  const source = { file: undefined, folder, lineOf: () => undefined }
  return { definition: checkDefinition(definition, source), source }
}
