import { ConnectorError, type AnyConnector, type ErrorCode } from '@casare/core'
import { ensure, within, type Check, type CheckOutcome } from '../checks/check.ts'
import type { Target } from '../subject/connector-subject.ts'
import { quickRetries } from '../subject/trial.ts'
import type { SqlConnection, SqlSubject } from './sql.ts'

const limitMs = 15_000

/** One check's own database, with connections to it. */
export class SqlWorld implements AsyncDisposable {
  readonly subject: SqlSubject
  readonly #connector: AnyConnector
  readonly #target: Target
  readonly #open: SqlConnection[] = []
  readonly db: SqlConnection

  private constructor(connector: AnyConnector, subject: SqlSubject, target: Target) {
    this.#connector = connector
    this.subject = subject
    this.#target = target
    this.db = this.connect()
  }

  static async start(connector: AnyConnector, subject: SqlSubject): Promise<SqlWorld> {
    return new SqlWorld(connector, subject, await subject.start())
  }

  /** A further connection to the same database. */
  connect(config: object = {}): SqlConnection {
    const connection: unknown = this.#connector({ ...this.#target.config, resilience: quickRetries, ...config })
    this.#open.push(connection as SqlConnection)
    return connection as SqlConnection
  }

  /** Makes a table of these columns, their names quoted. */
  async table(name: string, ...columns: readonly (readonly [name: string, type: string])[]): Promise<void> {
    const { quote, strict = '' } = this.subject
    const parts = columns.map(([column, type]) => `${quote(column)} ${type}`)
    await this.db.execute({ text: `create table ${quote(name)} (${parts.join(', ')}) ${strict}` })
  }

  /** `people`, with two in it. */
  async people(): Promise<void> {
    await this.table('people', key, ['name', `${this.subject.shortText} not null`], ['age', 'integer'])
    const result = await this.db.rows.write([ada, grace], { table: 'people' })
    ensure(result.succeeded === 2, `two people were not written: ${result.failed[0]?.error.message}`)
  }

  async names(connection: SqlConnection = this.db): Promise<unknown[]> {
    const { rows } = await connection.query({ text: 'select name from people order by id' })
    return rows.map(({ name }) => name)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of this.#open) await within(connection.close(), limitMs, 'closing')
    await this.#target.close?.()
  }
}

/** The column that tells rows apart. */
export const key = ['id', 'integer primary key'] as const
export const ada = { id: 1, name: 'Ada', age: 36 }
export const grace = { id: 2, name: 'Grace', age: 85 }

/** A check with a world of its own. */
export function sqlCheck(
  connector: AnyConnector,
  subject: SqlSubject,
  promise: string,
  name: string,
  run: (world: SqlWorld) => Promise<CheckOutcome>,
): Check {
  return {
    promise,
    name,
    async run() {
      await using world = await SqlWorld.start(connector, subject)
      return await run(world)
    },
  }
}

/** The failure of a call, which must have one of these codes and have changed nothing. */
export async function refused(
  call: Promise<unknown>,
  what: string,
  ...codes: readonly ErrorCode[]
): Promise<ConnectorError> {
  const outcome = await within(call, limitMs, what).then(
    () => undefined,
    (error: unknown) => ({ error }),
  )
  ensure(outcome !== undefined, `${what}: it was taken`)
  const { error } = outcome
  if (!ConnectorError.is(error)) throw new Error(`${what}: not a ConnectorError, but ${String(error)}`)
  ensure(codes.includes(error.code), `${what}: ${error.code} (${error.message}), expected ${codes.join(' or ')}`)
  ensure(error.applied === 'no', `${what}: applied is ${error.applied}, and nothing was`)
  return error
}
