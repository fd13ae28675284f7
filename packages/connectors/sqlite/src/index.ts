export { sqlite } from './connector.ts'
export type { SqliteConfig } from './config.ts'
export type { Bindings, ExecuteResult, SqliteRow, SqliteValue } from './engine/engine.ts'
export type { StatementInput } from './methods.ts'
