import type { AnyConnector, Page } from '@casare/core'
import { ensure, ensureEqual, type Check } from '../checks/check.ts'
import { registerChecks, type TestRunner } from '../checks/run-checks.ts'
import { seededRandom } from '../faults/random.ts'
import type { DrivenConnection, Target } from '../subject/connector-subject.ts'
import { quickRetries } from '../subject/trial.ts'
import type { RecordStoreSubject, StoredRow } from './record-store.ts'

const promise = 'record store'
const table = 'casare_rows'

/** What every store of records keeps: rows as they were written, and reading that loses none, whatever happens in between. */
export function recordStoreChecks(connector: AnyConnector, subject: RecordStoreSubject): Check[] {
  const check = (name: string, run: (store: Store) => Promise<number>): Check => ({
    promise,
    name,
    async run() {
      const target: Target = await subject.start()
      const connection = connector({ ...target.config, resilience: quickRetries }) as unknown as DrivenConnection
      try {
        await subject.createTable(connection, table)
        return await run(new Store(connection, subject))
      } finally {
        await connection.close()
        await target.close?.()
      }
    },
  })
  const { seed = 1, histories = 15 } = subject
  return [
    check('rows come back as they were inserted', async (store) => {
      const rows = [row(1, 'one', 5), row(2, null, 5), row(3, 'grüße 🦊', 4), row(4, '', 9)]
      ensureEqual(await store.write(rows, 'insert'), { succeeded: 4, failed: [] }, 'insert')
      ensureEqual(await store.all(), rows, 'rows')
      return rows.length
    }),
    check('inserting a key that is there fails for that row alone', async (store) => {
      await store.write([row(2, 'there', 1)], 'insert')
      const result = await store.write([row(1, 'a', 1), row(2, 'b', 1), row(3, 'c', 1)], 'insert')
      ensureEqual(result, { succeeded: 2, failed: [[1, 'already_exists']] }, 'result')
      ensureEqual(await store.all(), [row(1, 'a', 1), row(2, 'there', 1), row(3, 'c', 1)], 'rows')
      return 3
    }),
    check('an upsert may be repeated', async (store) => {
      const rows = [row(1, 'new', 2), row(2, 'new', 2)]
      await store.write([row(1, 'old', 1)], 'insert')
      for (let times = 0; times < 3; times += 1) await store.write(rows, 'upsert')
      ensureEqual(await store.all(), rows, 'rows')
      return 3
    }),
    check('the last of two writes of one row in a batch stands', async (store) => {
      await store.write([row(1, 'first', 1), row(1, 'second', 2)], 'upsert')
      ensureEqual(await store.all(), [row(1, 'second', 2)], 'rows')
      return 1
    }),
    check(
      `${histories} random histories (seed ${seed}): reading on from any cursor gives what changed, ties included`,
      async (store) => {
        let steps = 0
        for (let history = 0; history < histories; history += 1) {
          await store.clear(history)
          steps += await liveThrough(store, seededRandom(seed * 10_007 + history))
        }
        return steps
      },
    ),
  ]
}

/** Registers `recordStoreChecks` as tests. */
export function recordStoreSuite(connector: AnyConnector, subject: RecordStoreSubject, runner?: TestRunner): void {
  const facts = { connector: connector.connectorName, suite: promise, peer: subject.peer }
  registerChecks(facts, recordStoreChecks(connector, subject), runner)
}

/**
 * Writes and reads in turn, as a sync does: after each read it holds exactly what the store holds. Clocks stand still for
 * a while, so that rows with the position's own value arrive after it was taken.
 */
async function liveThrough(store: Store, random: () => number): Promise<number> {
  const written = new Map<number, StoredRow>()
  const copy = new Map<number, StoredRow>()
  let cursor: unknown
  let now = 1
  let steps = 0
  for (let round = 0; round < 8; round += 1) {
    if (random() < 0.6) now += Math.floor(random() * 3)
    const changes = Array.from({ length: Math.floor(random() * 7) }, () =>
      row(Math.floor(random() * 20), `round ${round}`, now),
    )
    // One row is changed once per round: a row is what the last write made it.
    const distinct = [...new Map(changes.map((one) => [one.id, one])).values()]
    await store.write(distinct, 'upsert')
    for (const one of distinct) written.set(one.id, one)
    const pageSize = 1 + Math.floor(random() * 4)
    for (const page of await store.readOn(cursor, pageSize)) {
      for (const record of page.records) copy.set(record.id, record)
      cursor = JSON.parse(JSON.stringify(page.cursor))
      steps += 1
    }
    const byId = (rows: Iterable<StoredRow>): StoredRow[] => [...rows].sort((a, b) => a.id - b.id)
    ensureEqual(byId(copy.values()), byId(written.values()), `after round ${round + 1}, pages of ${pageSize}`)
  }
  return steps
}

class Store {
  readonly #connection: DrivenConnection
  readonly #subject: RecordStoreSubject
  #table = table

  constructor(connection: DrivenConnection, subject: RecordStoreSubject) {
    this.#connection = connection
    this.#subject = subject
  }

  /** Goes on with an empty table of another name. */
  async clear(number: number): Promise<void> {
    this.#table = `${table}_${number}`
    await this.#subject.createTable(this.#connection, this.#table)
  }

  async write(rows: readonly StoredRow[], how: 'insert' | 'upsert'): Promise<{ succeeded: number; failed: unknown[] }> {
    const { stream, insertInput, upsertInput } = this.#subject
    const input = how === 'insert' ? insertInput(this.#table) : upsertInput(this.#table)
    const { succeeded, failed } = await this.#connection.$.write(stream, rows, input)
    return { succeeded, failed: failed.map(({ index, error }) => [index, error.code]) }
  }

  async all(): Promise<StoredRow[]> {
    const pages = await this.#pages(false, {})
    return pages.flatMap(({ records }) => records).sort((a, b) => a.id - b.id)
  }

  readOn(cursor: unknown, pageSize: number): Promise<Page<StoredRow, unknown>[]> {
    return this.#pages(true, cursor === undefined ? { pageSize } : { cursor, pageSize })
  }

  async #pages(incremental: boolean, options: object): Promise<Page<StoredRow, unknown>[]> {
    const { stream, readInput } = this.#subject
    const reader = (this.#connection as unknown as Record<string, RowReader>)[stream]
    ensure(reader !== undefined, `There is no stream ${stream}.`)
    const found: Page<StoredRow, unknown>[] = []
    for await (const page of reader.read(readInput(this.#table, incremental), options).pages()) {
      found.push({ cursor: page.cursor, records: page.records.map(({ id, text, at }) => row(id, text, at)) })
      ensure(found.length < 1_000, 'the read comes to no end')
    }
    return found
  }
}

interface RowReader {
  read(input: unknown, options: object): { pages(): AsyncIterable<Page<StoredRow, unknown>> }
}

function row(id: number, text: string | null, at: number): StoredRow {
  return { id, text, at }
}
