import type { Backend, Times } from '../backend/backend.ts'
import { plain } from '../postgresql-client.ts'

/**
 * What stays the same for as long as a server hands out no transaction id for a second time: the data directory, its timeline
 * (another one after a failover or a restored backup), and when its statistics began, which a server loses with its memory in
 * a crash and keeps over a restart that was asked for. `pg_postmaster_start_time()` says nothing: it survives a crash of the
 * server's processes. NULL, or an error, where a server cannot tell, as a standby cannot.
 * https://www.postgresql.org/docs/current/functions-admin.html, https://www.postgresql.org/docs/current/monitoring-stats.html
 */
export const serverLifeText = `(
  (select system_identifier::text from pg_catalog.pg_control_system())
  || '/' || substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_insert_lsn()), 1, 8)
  || '/' || (pg_catalog.pg_stat_get_bgwriter_stat_reset_time() at time zone 'UTC')::text)`

const step = plain(`select ${serverLifeText} as life`)

/**
 * The life that the server of a connection is in. A crash would have ended the connection, so it is asked once for each.
 * @returns `undefined` where the server cannot tell.
 */
export async function serverLifeOf(backend: Backend, times: Times): Promise<string | undefined> {
  if (backend.serverLife === undefined)
    backend.serverLife = await backend.run([step], times).then(
      ([found]) => (found?.rows[0]?.['life'] ?? null) as string | null,
      (error: unknown) => {
        if (backend.isLost || times.signal.aborted) throw error
        return null
      },
    )
  return backend.serverLife ?? undefined
}
