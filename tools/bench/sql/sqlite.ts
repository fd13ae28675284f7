import { atLeast, printTable, runChild, type Gate } from '../helpers.ts'

interface Ratios {
  readonly [what: string]: { readonly bare: number; readonly ours: number; readonly ratio: number }
}

/** SQLite: batches and iteration through the connector and through better-sqlite3 itself. */
export async function benchSqlite(): Promise<Gate[]> {
  const found = await runChild<Ratios>(new URL('./sqlite/bulk.ts', import.meta.url), [])
  printTable(
    ['SQLite, rows per second', 'better-sqlite3', 'ours', 'ours / bare'],
    Object.entries(found).map(([what, { bare, ours, ratio }]) => [what, Math.round(bare), Math.round(ours), ratio]),
  )
  console.log()
  return Object.entries(found).map(([what, { ratio }]) => atLeast(`sqlite ${what} of better-sqlite3`, ratio, 0.95))
}
