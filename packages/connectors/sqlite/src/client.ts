import { ConnectorError, type OpenContext } from '@casare/core'
import type { ParsedConfig } from './config.ts'
import { SqliteDatabase } from './database.ts'
import type { Engine } from './engine/engine.ts'
import { openEngine } from './engine/open-engine.ts'
import { patiently } from './engine/patiently.ts'
import { toError } from './errors.ts'

/** Opens a database; fails here where the file is missing, cannot be read or written, or is no database. */
export async function open(config: ParsedConfig, { readOnly, signal }: OpenContext): Promise<SqliteDatabase> {
  const { path, worker, busyTimeoutMs, maxPages } = config
  const openOne = async (): Promise<Engine> => {
    try {
      return await patiently(
        () => openEngine({ ...config, maxPages, readOnly }, worker),
        busyTimeoutMs,
        () => signal,
      )
    } catch (error) {
      throw naming(path, error)
    }
  }
  return new SqliteDatabase(await openOne(), { open: openOne, busyTimeoutMs, single: path === ':memory:' })
}

export function close(database: SqliteDatabase): Promise<void> {
  return database.close()
}

export async function check(
  database: SqliteDatabase,
  times: { readonly signal: AbortSignal; readonly remainingMs: number | undefined },
): Promise<void> {
  await database.query({ text: 'select 1', values: [] }, times)
}

/** Which file it was is what a person asks first when it cannot be opened. */
function naming(path: string, error: unknown): unknown {
  const facts = toError(error)
  return facts === undefined ? error : new ConnectorError({ ...facts, message: `${path}: ${facts.message}` })
}
