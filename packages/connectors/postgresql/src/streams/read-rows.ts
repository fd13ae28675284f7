import type { Page, ReadContext } from '@casare/core'
import type { PostgresqlRow } from '../backend/statement.ts'
import { runOne, type PostgresqlClient } from '../postgresql-client.ts'
import { pageOf, planRead, stepAfter, type Position, type ReadInput } from './keyset.ts'
import { Portal } from './portal.ts'

type RowsPage = Page<PostgresqlRow, Position>

/**
 * The first page is a query of its own; who wants more gets it from an open result, which the server makes once and keeps
 * only for as long as the reader keeps pace. Every page has its position, so a read goes on from each of them.
 */
export async function* readRows(
  client: PostgresqlClient,
  input: ReadInput,
  pageSize: number,
  context: ReadContext<Position>,
): AsyncGenerator<RowsPage> {
  const plan = await planRead(client, input, context)
  let position = context.cursor
  let portal: Portal | undefined
  try {
    for (let pages = 0; ; pages += 1) {
      let rows: PostgresqlRow[] | undefined
      // Within a transaction an open result would hold up every other statement of it.
      if (pages > 0 && !client.scoped) {
        portal = portal?.isOpen === true ? portal : new Portal(client, stepAfter(plan, position, undefined), pageSize)
        rows = await portal.next(context.signal)
      }
      rows ??= (await runOne(client, stepAfter(plan, position, pageSize), context)).rows
      const page = pageOf(plan, rows, position, rows.length < pageSize)
      if (rows.length === 0 && position?.end === true) return
      yield page
      if (page.last) return
      position = page.cursor
    }
  } finally {
    await portal?.close()
  }
}
