import type { OpenContext } from '@casare/core'
import { addressOf } from './address.ts'
import type { ParsedConfig } from './config.ts'
import { MysqlDatabase } from './database.ts'
import type { Driver } from './server/dial.ts'
import type { Times } from './server/server-connection.ts'
import { plain } from './server/statement.ts'

/** Makes the pool; the first server connection is made now, so that a wrong address or password fails here. */
export async function open(config: ParsedConfig, context: OpenContext): Promise<MysqlDatabase> {
  const address = addressOf(config)
  const { default: library } = (await import('mysql2')) as unknown as { default: typeof import('mysql2') }
  // `TypedParameter` is looked up among the driver's modules each time that it is asked for.
  const driver: Driver = { createConnection: library.createConnection, integer: library.TypedParameter.LONGLONG }
  const database = new MysqlDatabase({ driver, address, context, maxStatements: config.maxStatements })
  try {
    await database.holding({ signal: context.signal, remainingMs: undefined }, () => Promise.resolve())
  } catch (error) {
    await database.close()
    throw error
  }
  return database
}

export function close(database: MysqlDatabase): Promise<void> {
  return database.close()
}

export async function check(database: MysqlDatabase, times: Times): Promise<void> {
  await database.run(plain('select 1'), times)
}
