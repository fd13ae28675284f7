import type { ServerConnection, Times } from './server/server-connection.ts'
import type { Step, StepResult } from './server/statement.ts'
import type { Table } from './table.ts'

/** What operations and streams work on: the connection's pool, or the server connection of one transaction. */
export interface MysqlClient {
  /** Is it a transaction? Then its one server connection serves everything. */
  readonly scoped: boolean
  /** Shapes of tables by the input of the write that needs them. */
  readonly tables: WeakMap<object, Promise<Table>>
  /** Runs one statement. */
  run(step: Step, times: Times): Promise<StepResult>
  /** Runs work with one server connection in a transaction of its own, or within a savepoint of the one that is open. */
  atomically<T>(times: Times, work: (connection: ServerConnection) => Promise<T>): Promise<T>
  /** Runs work with one server connection, outside of a transaction where none is open. */
  holding<T>(times: Times, work: (connection: ServerConnection) => Promise<T>): Promise<T>
  /** Runs work in a transaction on a server connection of its own, which may be sent a stream. */
  loading<T>(times: Times, work: (connection: ServerConnection) => Promise<T>): Promise<T>
  /** Offers to give a connection up, once, as soon as somebody waits for one; what is returned takes the offer back. */
  lend(giveUp: () => void): () => void
}
