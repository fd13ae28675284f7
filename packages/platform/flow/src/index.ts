export { listConnectors, resolveConnector } from './connectors/resolve-connector.ts'
export type { InstalledConnector } from './connectors/resolve-connector.ts'
export { openConnections } from './connectors/open-connections.ts'
export type { FlowEnd, OpenedConnections } from './connectors/open-connections.ts'
export { applyParameters } from './definition/apply-parameters.ts'
export { defineFlow } from './definition/define-flow.ts'
export type {
  FieldRule,
  Flow,
  FlowConnection,
  FlowDefinition,
  FlowListen,
  FlowRead,
  FlowSource,
} from './definition/flow-definition.ts'
export { flowSchema } from './definition/flow-schema.ts'
export { loadFlow, parseFlow } from './definition/load-flow.ts'
export { replayDeadLetters } from './run/replay.ts'
export type { ReplayOptions, ReplayOutcome } from './run/replay.ts'
export { runFlow, secretProvidersOf, statePathOf } from './run/run-flow.ts'
export type { RunOptions } from './run/run-flow.ts'
export type { FlowProgress, FlowReport } from './run/flow-report.ts'
export { checkFlow } from './run/check-flow.ts'
export { StateStore } from './state/state-store.ts'
export type { Checkpoint, FlowState } from './state/state-store.ts'
export type { DeadLetter, DeadLetters, DeadLetterStatus, NewDeadLetter } from './state/dead-letters.ts'
