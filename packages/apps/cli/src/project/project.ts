import type { FlowConnection } from '@casare/flow'

/** Where connections are declared by name: a `casare.yaml`, or a flow. */
export interface Project {
  /** Path as it is shown. */
  readonly file: string
  /** The folder that connectors and relative secret folders are looked for from. */
  readonly folder: string
  readonly connections: Readonly<Record<string, FlowConnection>>
  readonly secretFolders: readonly string[]
  /** Values of `${name}` in the connections' texts; `undefined` for a parameter that has none. */
  readonly parameters: Readonly<Record<string, string | undefined>>
  /** Line of a field, from 1. */
  lineOf(path: readonly (string | number)[]): number | undefined
}

/** An error's place: `casare.yaml:3: connections.api.config: …`. */
export function placed(
  { file, lineOf }: Pick<Project, 'file' | 'lineOf'>,
  path: readonly (string | number)[],
  message: string,
): string {
  const line = lineOf(path)
  const field = path
    .map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`))
    .join('')
  return `${file}${line === undefined ? '' : `:${line}`}:${field === '' ? '' : ` ${field}:`} ${message}`
}
