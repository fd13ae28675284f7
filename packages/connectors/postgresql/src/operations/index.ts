export {
  /** Runs several statements in one transaction. */
  batch,
} from './batch.ts'
export {
  /** Calls a function of the database. */
  callFunction,
} from './call-function.ts'
export {
  /** Stores rows from bytes of any length. */
  copyIn,
} from './copy-in.ts'
export {
  /** Gives rows as bytes of any length. */
  copyOut,
} from './copy-out.ts'
export {
  /** Tells the columns of a table. */
  describeTable,
} from './describe-table.ts'
export {
  /** Runs one statement and tells how many rows it changed. */
  execute,
} from './execute.ts'
export {
  /** Lists tables and views. */
  listTables,
} from './list-tables.ts'
export {
  /** Runs one statement and gives its rows. */
  query,
} from './query.ts'
