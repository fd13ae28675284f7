export { mysql } from './connector.ts'
export type { MysqlConfig } from './config.ts'
export type { StatementInput } from './methods.ts'
export type { MysqlRow } from './server/statement.ts'
