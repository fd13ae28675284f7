export { lambda } from './connector.ts'
export type { LambdaConfig } from './config.ts'
