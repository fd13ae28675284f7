import { createLedger } from './ledger.ts'

/** The sample connector without a bug. */
export const ledger = createLedger()
