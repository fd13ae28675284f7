import type { Gate } from '../helpers.ts'
import { benchMysql } from './mysql.ts'
import { benchPostgresql } from './postgresql.ts'
import { benchSqlite } from './sqlite.ts'

/** Typed calls, bulk writing and reading of each SQL database, against its bare driver in the same run. */
export default async function sql(): Promise<Gate[]> {
  const gates: Gate[] = []
  for (const bench of [benchPostgresql, benchMysql, benchSqlite]) gates.push(...(await bench()))
  return gates
}
