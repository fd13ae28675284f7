import { ConnectorError, nearest } from '@casare/core'

/** Names of a table as calls give them. */
export interface TableName {
  readonly table: string
  readonly schema?: string | undefined
}

/** The parts of a table that are needed to speak of its columns. */
export interface TableShape<Column extends { readonly name: string } = { readonly name: string }> {
  readonly name: string
  readonly columns: readonly Column[]
}

/** ` Did you mean …?` for a table or column that is not there. */
export function suggestion(name: string, known: readonly string[]): string {
  return nearest(name, known) || (known.length === 0 ? '' : ` There is: ${known.slice(0, 20).join(', ')}.`)
}

/** `not_found`, naming the tables nearest. */
export function unknownTable(title: string, { table, schema }: TableName, known: readonly string[]): ConnectorError {
  const place = schema === undefined ? '' : ` in the schema "${schema}"`
  return new ConnectorError({
    code: 'not_found',
    message: `${title}: there is no table "${table}"${place}.${suggestion(table, known)}`,
  })
}

/**
 * Refuses names that are no columns of the table.
 * @throws `invalid_input`, naming the columns nearest.
 */
export function requireColumns(title: string, table: TableShape, names: readonly string[]): void {
  const known = table.columns.map(({ name }) => name)
  const missing = names.find((name) => !known.includes(name))
  if (missing !== undefined)
    throw new ConnectorError({
      code: 'invalid_input',
      message: `${title}: table "${table.name}" has no column "${missing}".${suggestion(missing, known)}`,
    })
}

/**
 * The columns of these names, in their order.
 * @throws `invalid_input`, naming the columns nearest.
 */
export function columnsOf<Column extends { readonly name: string }>(
  title: string,
  table: TableShape<Column>,
  names: readonly string[],
): Column[] {
  requireColumns(title, table, names)
  return names.map((name) => table.columns.find((column) => column.name === name) as Column)
}

/** The shape of a table, read once per write: all its batches have the same input. A failure is not kept. */
export function shapeOnce<Table>(
  shapes: WeakMap<object, Promise<Table>>,
  input: object,
  read: () => Promise<Table>,
): Promise<Table> {
  const known = shapes.get(input)
  if (known !== undefined) return known
  const shape = read()
  shapes.set(input, shape)
  shape.catch(() => shapes.delete(input))
  return shape
}
