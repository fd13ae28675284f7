import type { OpenContext } from '@casare/core'
import { addressOf } from './address.ts'
import { routeTo, type Driver } from './backend/dial.ts'
import type { Times } from './backend/backend.ts'
import type { ParsedConfig } from './config.ts'
import { PostgresqlDatabase } from './database.ts'
import { plain } from './postgresql-client.ts'

/** Makes the pool; the first server connection is made now, so that a wrong address or password fails here. */
export async function open(config: ParsedConfig, context: OpenContext): Promise<PostgresqlDatabase> {
  const address = addressOf(config)
  const { default: driver } = (await import('pg')) as unknown as { default: Driver }
  const { maxStatements, maxRows, searchPath } = config
  const database = new PostgresqlDatabase(routeTo(driver, { address, searchPath, context }), {
    maxStatements,
    maxRows,
    readMs: context.timeouts.readMs,
    pool: context.pool,
    readOnly: context.readOnly,
  })
  try {
    await database.holding(context, () => Promise.resolve())
  } catch (error) {
    await database.close()
    throw error
  }
  return database
}

export function close(database: PostgresqlDatabase): Promise<void> {
  return database.close()
}

export async function check(database: PostgresqlDatabase, times: Times): Promise<void> {
  await database.run([plain('select 1')], times)
}
