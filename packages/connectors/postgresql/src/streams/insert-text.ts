import type { Step } from '../backend/statement.ts'
import { quote, quoteTable } from '../identifiers.ts'
import type { Column, Table } from '../table.ts'
import { columnArrayText, maxParameters, type Parameter } from '../values/to-parameter.ts'

/** Where rows go. */
export interface InsertTarget {
  readonly table: Table
  /** Columns of the rows, in their order. */
  readonly columns: readonly Column[]
  /** ` on conflict …`, or nothing. */
  readonly conflict: string
}

type Row = readonly Parameter[]

/** `insert into … values (…), (…)` for this many rows. */
export function insertText(target: InsertTarget, rows: number): string {
  const width = target.columns.length
  const tuples = Array.from(
    { length: rows },
    (_one, row) => `(${target.columns.map((_column, index) => `$${row * width + index + 1}`).join(', ')})`,
  )
  return `${into(target)} values ${tuples.join(', ')}${target.conflict}`
}

/** Many rows as one array per column: the same statement for every number of rows. */
export function unnestStep(target: InsertTarget, rows: readonly Row[]): Step {
  const arrays = target.columns.map(({ castType }, index) => `$${index + 1}::${castType}[]`)
  return {
    text: `${into(target)} select * from unnest(${arrays.join(', ')})${target.conflict}`,
    values: target.columns.map((_column, index) => columnArrayText(rows, index)),
  }
}

/** Many rows as lists of values, in as many statements as their parameters need. */
export function valuesSteps(target: InsertTarget, rows: readonly Row[]): Step[] {
  const size = Math.max(1, Math.min(1_000, Math.floor(maxParameters / target.columns.length)))
  const steps: Step[] = []
  for (let from = 0; from < rows.length; from += size) {
    const part = rows.slice(from, from + size)
    steps.push({ text: insertText(target, part.length), values: part.flat() })
  }
  return steps
}

function into({ table, columns }: InsertTarget): string {
  return `insert into ${quoteTable(table.name, table.schema)} (${columns.map(({ name }) => quote(name)).join(', ')})`
}
