import { specOf, validateSync, type AnyRead, type AnyStream, type Page } from '@casare/core'
import { ensure, ensureEqual, isNotApplicable, within, type Check } from '../checks/check.ts'
import { faultProxy } from '../faults/fault-proxy.ts'
import type { DrivenConnection, ReadSubject } from '../subject/connector-subject.ts'
import { changed, failureOf, quickRetries, type Trial } from '../subject/trial.ts'
import { partCheck, trialCheck, type SuiteContext } from './suite-context.ts'

type AnyPage = Page<unknown, unknown>

interface Reader {
  read(input: unknown, options?: object): AsyncIterable<unknown> & { pages(): AsyncIterableIterator<AnyPage> }
}

/** Reading: complete, resumable from everywhere, and not to be shaken by failures. */
export function readChecks(context: SuiteContext, stream: string, subject: ReadSubject): Check[] {
  const check = (name: string, run: (trial: Trial, connection: DrivenConnection) => Promise<number>): Check =>
    trialCheck(context, 'reads', `${stream}: ${name}`, async (trial) => {
      const connection = trial.connect()
      await subject.prepare?.(connection, trial.target)
      return run(trial, connection)
    })
  const pagesOf = (connection: DrivenConnection, options: object): Promise<AnyPage[]> =>
    collect(readerOf(connection, stream).read(subject.input, options).pages(), subject.count)
  const recordsOf = async (connection: DrivenConnection, options: object): Promise<unknown[]> =>
    (await pagesOf(connection, options)).flatMap(({ records }) => records)

  return [
    check('every page size gives all records, ties included, and comes to an end', async (_trial, connection) => {
      ensure(subject.count >= 7, 'Give at least 7 records.')
      const all = await recordsOf(connection, {})
      ensure(all.length === subject.count, `${all.length} records were read, there are ${subject.count}`)
      for (const pageSize of [1, 2, 3, 5, 1_000])
        ensureEqual(await recordsOf(connection, { pageSize }), all, `pages of ${pageSize}`)
      return 6
    }),
    check('goes on from every cursor, as JSON', async (_trial, connection) => {
      let count = 0
      for (const pageSize of [1, 3]) {
        const pages = await pagesOf(connection, { pageSize })
        for (const [index, page] of pages.entries()) {
          const rest = pages.slice(index + 1).flatMap(({ records }) => records)
          if (rest.length === 0) continue
          const cursor: unknown = JSON.parse(JSON.stringify(page.cursor))
          ensureEqual(cursor, page.cursor, 'the cursor is not plain JSON')
          ensureEqual(await recordsOf(connection, { pageSize, cursor }), rest, `read on after page ${index + 1}`)
          count += 1
        }
      }
      return count
    }),
    check('records and cursors are as their schemas say', async (_trial, connection) => {
      const facet = facetOf(connection, stream)
      const pages = await pagesOf(connection, { pageSize: 3 })
      const ids = new Set<string>()
      for (const page of pages) {
        validateSync(facet.cursor, page.cursor, 'cursor')
        for (const record of page.records) {
          validateSync(facet.record, record, 'record')
          const input: unknown = validateSync(facet.input, subject.input, 'input')
          if (facet.identify !== undefined) ids.add(facet.identify(record, input).id)
        }
      }
      if (facet.identify !== undefined)
        ensure(ids.size === subject.count, `${ids.size} ids for ${subject.count} records`)
      return pages.length
    }),
    check('stateless pages by $.read, cut anywhere', async (_trial, connection) => {
      const all = await recordsOf(connection, {})
      for (const maxRecords of [1, 2, 5]) {
        const seen: unknown[] = []
        let cursor: unknown
        for (let rounds = 0; ; rounds += 1) {
          ensure(rounds < subject.count * 3 + 10, '$.read comes to no end')
          const page = await connection.$.read(stream, subject.input, { cursor, maxRecords })
          seen.push(...page.records)
          if (page.done) break
          cursor = JSON.parse(JSON.stringify(page.cursor))
        }
        ensure(seen.length === all.length, `$.read by ${maxRecords}: ${seen.length} of ${all.length} records`)
      }
      return 3
    }),
    check('a generator that throws in mid-page loses and repeats nothing', async (trial, connection) => {
      const all = await recordsOf(connection, {})
      let count = 0
      for (const failAt of [0, 1, 2]) {
        const shaken = trial.connect({}, throwing(trial, stream, failAt))
        ensureEqual(await recordsOf(shaken, { pageSize: 2 }), all, `a failure at page ${failAt + 1}`)
        count += 1
      }
      return count
    }),
    partCheck(
      context,
      'reads',
      `${stream}: connections lost between and in pages lose and repeat nothing`,
      context.subject.at,
      async (trial, at) => {
        const { address } = trial.target
        ensure(address !== undefined, 'The target tells no address.')
        const connection = trial.connect()
        await subject.prepare?.(connection, trial.target)
        const all = await recordsOf(connection, {})
        const proxy = await faultProxy(address)
        trial.onEnd(() => proxy.close())
        const shaken = trial.connect({
          ...at(trial.target, { host: proxy.host, port: proxy.port, secure: false }),
          // A budget would end the retries of so many failures, and rightly.
          resilience: { ...quickRetries, budget: false, breaker: false },
        })
        let pages = 0
        const seen: unknown[] = []
        for await (const page of readerOf(shaken, stream).read(subject.input, { pageSize: 2 }).pages()) {
          seen.push(...page.records)
          pages += 1
          ensure(pages < subject.count * 3 + 10, 'the read comes to no end')
          await proxy.arm(pages % 2 === 0 ? { kind: 'cut' } : { kind: 'reset', direction: 'response', afterBytes: 20 })
        }
        ensureEqual(seen, all, 'through lost connections')
        return pages
      },
    ),
    check('an aborted read ends, and leaves no generator running', async (trial, connection) => {
      const state = { running: 0 }
      const watched = trial.connect({}, counting(trial, stream, state))
      for await (const record of readerOf(watched, stream).read(subject.input, { pageSize: 1 })) {
        ensure(record !== undefined, 'a record is missing')
        break
      }
      ensure(state.running === 0, 'a reader that stopped early left its generator running')
      const error = await failureOf(
        collect(readerOf(connection, stream).read(subject.input, { signal: AbortSignal.abort() }).pages(), 1),
        'an aborted read',
      )
      ensure(error.code === 'cancelled', `an aborted read gave ${error.code}`)
      return 2
    }),
    trialCheck(context, 'reads', `${stream}: a page whose contents changed loses none of the others`, async (trial) => {
      const { change } = subject
      if (isNotApplicable(change)) return change
      const connection = trial.connect()
      await subject.prepare?.(connection, trial.target)
      const all = (await recordsOf(connection, {})).map((one) => JSON.stringify(one))
      const first = await connection.$.read(stream, subject.input, { maxRecords: 2 })
      await change(connection, trial.target)
      const seen = new Set(first.records.map((one) => JSON.stringify(one)))
      for (let cursor = first.cursor, rounds = 0, done = first.done; !done; rounds += 1) {
        ensure(rounds < subject.count * 3 + 10, '$.read comes to no end')
        const page = await connection.$.read(stream, subject.input, { cursor, maxRecords: 2 })
        for (const record of page.records) seen.add(JSON.stringify(record))
        ;({ cursor, done } = page)
      }
      const lost = all.filter((one) => !seen.has(one))
      ensure(lost.length === 0, `lost: ${lost.join(', ').slice(0, 300)}`)
      return 1
    }),
  ]
}

function readerOf(connection: DrivenConnection, stream: string): Reader {
  return (connection as unknown as Record<string, Reader>)[stream] as Reader
}

function facetOf(connection: DrivenConnection, stream: string): AnyRead {
  return (specOf(connection).streams as Record<string, AnyStream>)[stream]?.read as AnyRead
}

async function collect(pages: AsyncIterable<AnyPage>, count: number): Promise<AnyPage[]> {
  const found: AnyPage[] = []
  const gather = async (): Promise<void> => {
    for await (const page of pages) {
      found.push(page)
      ensure(found.length < count * 3 + 10, 'the read comes to no end')
    }
  }
  await within(gather(), 15_000, 'the read')
  return found
}

/** The connector with a reading facet that fails once, as a lost connection does, when asked for that page. */
function throwing(trial: Trial, stream: string, failAt: number): Trial['connector'] {
  let failed = false
  return withPages(trial, stream, async function* (pages) {
    let index = 0
    for await (const page of pages) {
      if (!failed && index === failAt) {
        failed = true
        throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })
      }
      index += 1
      yield page
    }
  })
}

function counting(trial: Trial, stream: string, state: { running: number }): Trial['connector'] {
  return withPages(trial, stream, async function* (pages) {
    state.running += 1
    try {
      yield* pages
    } finally {
      state.running -= 1
    }
  })
}

function withPages(
  trial: Trial,
  stream: string,
  bend: (pages: AsyncIterable<AnyPage>) => AsyncIterable<AnyPage>,
): Trial['connector'] {
  const streams = trial.connector.spec.streams as Record<string, AnyStream>
  const { read } = streams[stream] as { read: AnyRead }
  const bent: AnyRead = { ...read, pages: (...parts) => bend(read.pages(...parts)) }
  return changed(trial.connector, { streams: { ...streams, [stream]: { ...streams[stream], read: bent } } })
}
