export { rest } from './connector.ts'
export type { RestConfig } from './config.ts'
