import { printable } from './printable.ts'
import type { Terminal } from './terminal.ts'

/** A column of a table. */
export interface Column<Row> {
  readonly title: string
  readonly value: (row: Row) => string
  /** Numbers stand to the right. Default `left`. */
  readonly align?: 'left' | 'right' | undefined
  /** Longer texts are cut, in characters. Default: not. */
  readonly maxWidth?: number | undefined
}

/** Rows as aligned text, the titles first. */
export function table<Row>(terminal: Terminal, columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const cells = rows.map((row) => columns.map(({ value, maxWidth }) => cut(printable(value(row)), maxWidth)))
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...cells.map((line) => line[index]?.length ?? 0)),
  )
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, index) => {
        const width = widths[index] ?? 0
        return columns[index]?.align === 'right' ? text.padStart(width) : text.padEnd(width)
      })
      .join('  ')
      .trimEnd()
  const titles = line(columns.map(({ title }) => title))
  return [terminal.style('bold', titles), ...cells.map(line)].join('\n')
}

function cut(text: string, maxWidth: number | undefined): string {
  return maxWidth === undefined || text.length <= maxWidth ? text : `${text.slice(0, maxWidth - 1)}…`
}
