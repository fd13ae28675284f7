export { postgresql } from './connector.ts'
export type { PostgresqlConfig } from './config.ts'
export type { PostgresqlRow } from './backend/statement.ts'
export type { StatementInput } from '@casare/sql'
