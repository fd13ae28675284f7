export {
  /** Runs several statements in one transaction. */
  batch,
} from './batch.ts'
export {
  /** Calls a stored function. */
  callFunction,
} from './call-function.ts'
export {
  /** Calls a stored procedure. */
  callProcedure,
} from './call-procedure.ts'
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
  /** Stores rows from bytes of any length. */
  loadData,
} from './load-data.ts'
export {
  /** Runs one statement and gives its rows. */
  query,
} from './query.ts'
