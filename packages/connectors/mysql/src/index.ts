export { mysql } from './connector.ts'
export type { MysqlConfig } from './config.ts'
export type { StatementInput } from '@casare/sql'
export type { MysqlRow } from './server/statement.ts'
