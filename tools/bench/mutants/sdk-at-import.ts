import 'undici'
import { createLedger } from './ledger.ts'

/** The sample connector, whose module loads an SDK at once. */
export const ledger = createLedger()
