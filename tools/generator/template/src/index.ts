export { sampleVendor } from './connector.ts'
export type { SampleVendorConfig } from './config.ts'
export type { Note } from './note.ts'
