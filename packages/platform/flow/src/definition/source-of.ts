import type { FlowDefinition, FlowListen, FlowRead } from './flow-definition.ts'

/** The source of a flow, whichever kind it is. */
export type FlowSourceEnd =
  | { readonly kind: 'read'; readonly end: FlowRead; readonly path: readonly string[] }
  | { readonly kind: 'listen'; readonly end: FlowListen; readonly path: readonly string[] }

/** What a checked flow reads or listens to. */
export function sourceOf({ read, listen }: FlowDefinition): FlowSourceEnd {
  if (read !== undefined) return { kind: 'read', end: read, path: ['read'] }
  if (listen !== undefined) return { kind: 'listen', end: listen, path: ['listen'] }
  throw new Error('The flow was not checked.')
}
