import type { Page, ReadContext } from '@casare/core'
import type { MysqlClient } from '../mysql-client.ts'
import type { MysqlRow } from '../server/statement.ts'
import { keysetPage, planRead, type ReadInput, type RowsCursor } from './keyset.ts'

type RowsPage = Page<MysqlRow, RowsCursor>

/**
 * Reads page by page, each from where the last one stopped. While a page is worked on, the next one is on its way: two
 * pages are held at most. Within a transaction nothing is fetched ahead, so that a loop sees what it has changed.
 */
export async function* readRows(
  client: MysqlClient,
  input: ReadInput,
  pageSize: number,
  context: ReadContext<RowsCursor>,
): AsyncGenerator<RowsPage> {
  const plan = await planRead(client, input, context)
  let position = context.cursor
  let ahead: Promise<RowsPage> | undefined
  for (let pages = 0; ; pages += 1) {
    const page = await (ahead ?? keysetPage(client, plan, position, pageSize, context))
    ahead = undefined
    if (page.records.length === 0 && position?.end === true) return
    position = page.cursor
    // Who takes one page only has no use for another.
    if (page.last !== true && pages > 0 && !client.scoped) {
      ahead = keysetPage(client, plan, position, pageSize, { signal: neverAborted, remainingMs: undefined })
      // Whoever goes away before it is here has no use for its failure either.
      ahead.catch(() => undefined)
    }
    yield page
    if (page.last === true) return
  }
}

/** A page ends by itself, and sooner than the server could be asked to stop. */
const neverAborted = new AbortController().signal
