import type { Page, ReadContext } from '@casare/core'
import type { MysqlClient } from '../mysql-client.ts'
import type { MysqlRow } from '../server/statement.ts'
import { pageOf, planRead, stepAfter, type Position, type ReadInput } from './keyset.ts'
import { OpenResult } from './open-result.ts'

type RowsPage = Page<MysqlRow, Position>

/**
 * The first page is a query of its own; who wants more gets it from an open result, which the server makes once and sends
 * for only as long as the reader keeps pace. Every page has its position, so a read goes on from each of them.
 */
export async function* readRows(
  client: MysqlClient,
  input: ReadInput,
  pageSize: number,
  context: ReadContext<Position>,
): AsyncGenerator<RowsPage> {
  const plan = await planRead(client, input, context)
  let position = context.cursor
  let open: OpenResult | undefined
  try {
    for (let pages = 0; ; pages += 1) {
      let rows: MysqlRow[] | undefined
      // Within a transaction an open result would hold up every other statement of it.
      if (pages > 0 && !client.scoped) {
        open ??= new OpenResult(client, stepAfter(plan, position, undefined), pageSize)
        rows = await open.next(context.signal)
        if (rows === undefined) open = undefined
      }
      rows ??= (await client.run(stepAfter(plan, position, pageSize), context)).rows
      const page = pageOf(plan, rows, position, rows.length < pageSize)
      if (rows.length === 0 && position?.end === true) return
      yield page
      if (page.last) return
      position = page.cursor
    }
  } finally {
    open?.close()
  }
}
