import { convertRows, type ResultField } from '../values/from-row.ts'
import type { MysqlRow, StepResult } from './statement.ts'

/** What the driver tells of a statement without rows. */
interface Header {
  readonly affectedRows: number | string
  readonly insertId: number | string
  readonly serverStatus: number
  readonly warningStatus?: number
}

/** https://dev.mysql.com/doc/dev/mysql-server/latest/mysql__com_8h.html */
const inTransactionFlag = 1

/**
 * What the driver gave, as what a statement gives: rows, several results, or counts.
 * @param note told whether a transaction is open, by answers that tell.
 */
export function readResult(results: unknown, fields: unknown, note: (inTransaction: boolean) => void): StepResult {
  if (!Array.isArray(results)) {
    const header = results as Header | undefined
    tell(header, note)
    return {
      rows: [],
      results: [],
      changes: Number(header?.affectedRows ?? 0),
      lastInsertId: BigInt(header?.insertId ?? 0),
      warnings: header?.warningStatus ?? 0,
    }
  }
  const several = Array.isArray(fields) && fields.some((one) => one === undefined || Array.isArray(one))
  if (!several) {
    convertRows(results as MysqlRow[], fields as ResultField[])
    return {
      rows: results as MysqlRow[],
      results: [results as MysqlRow[]],
      changes: 0,
      lastInsertId: 0n,
      warnings: 0,
    }
  }
  const sets: MysqlRow[][] = []
  let changes = 0
  for (const [index, one] of (results as unknown[]).entries()) {
    if (Array.isArray(one)) {
      convertRows(one as MysqlRow[], (fields as ResultField[][])[index] ?? [])
      sets.push(one as MysqlRow[])
    } else {
      tell(one as Header, note)
      changes = Number((one as Header).affectedRows)
    }
  }
  return { rows: sets[0] ?? [], results: sets, changes, lastInsertId: 0n, warnings: 0 }
}

function tell(header: Header | undefined, note: (inTransaction: boolean) => void): void {
  if (header?.serverStatus !== undefined) note((header.serverStatus & inTransactionFlag) !== 0)
}
