import type { CallContext } from '../contract/call.ts'
import type { JsonPage, ReadOptions, Reading } from '../contract/connection.ts'
import type { AnyRead, Page, ReadContext } from '../contract/stream.ts'
import { ConnectorError, invalidInput } from '../errors/connector-error.ts'
import { decode } from '../json/decode.ts'
import { encode } from '../json/encode.ts'
import { validate, validateSync } from '../schemas/validate.ts'
import { runCall } from './call.ts'
import { DelegatedContext } from './delegated-context.ts'
import { RecordIterator } from './record-iterator.ts'
import type { Runtime } from './runtime.ts'

type AnyPage = Page<unknown, unknown>

/** A resumable read of a stream; nothing happens before the first iteration. */
export function readStream(
  runtime: Runtime,
  name: string,
  facet: AnyRead,
  input: unknown,
  options: ReadOptions<unknown> = {},
): Reading<unknown, unknown> {
  const parsed: unknown = validateSync(facet.input, input ?? {}, `${name}.read input`)
  const cursor: unknown =
    options.cursor === undefined ? undefined : validateSync(facet.cursor, options.cursor, `${name}.read cursor`)
  if (options.pageSize !== undefined && (!Number.isInteger(options.pageSize) || options.pageSize < 1))
    throw invalidInput(`${name}.read: pageSize must be a whole number from 1.`)
  const pages = (): AsyncIterableIterator<AnyPage> => readPages(runtime, name, facet, parsed, { ...options, cursor })
  return {
    pages,
    [Symbol.asyncIterator]: () => new RecordIterator(pages()),
  }
}

/**
 * One call per page. A generator that threw is dead: it is left behind and reading starts again after the last page that
 * was handed out. Attempts start anew with each page; no slot is held while the consumer works.
 */
async function* readPages(
  runtime: Runtime,
  name: string,
  facet: AnyRead,
  input: unknown,
  options: ReadOptions<unknown>,
): AsyncIterableIterator<AnyPage> {
  let cursor = options.cursor
  let generator: PageGenerator | undefined
  try {
    for (;;) {
      const next = await runCall(runtime, {
        name: `${name}.read`,
        effect: 'read',
        options: { signal: options.signal },
        async run(client, context) {
          generator ??= new PageGenerator(facet, client, input, context, cursor, options.pageSize)
          const used = generator
          try {
            return await used.next(context)
          } catch (error) {
            generator = undefined
            used.abandon()
            throw error
          }
        },
      })
      if (next.done === true) return
      checkPage(name, next.value)
      cursor = next.value.cursor
      yield next.value
      if (next.value.last === true) return
    }
  } finally {
    await generator?.end()
  }
}

function checkPage(name: string, page: AnyPage): void {
  if (!Array.isArray(page.records) || page.cursor === undefined)
    throw new ConnectorError({ code: 'internal', message: `${name}.read: a page needs records and a cursor.` })
}

/** A connector's generator with a signal of its own, which aborts with whichever page is being waited for. */
class PageGenerator {
  readonly #iterator: AsyncIterator<AnyPage>
  readonly #controller = new AbortController()

  constructor(
    facet: AnyRead,
    client: unknown,
    input: unknown,
    context: CallContext,
    cursor: unknown,
    pageSize: number | undefined,
  ) {
    const own: ReadContext<unknown> = new PageContext(context, this.#controller.signal, cursor, pageSize)
    this.#iterator = facet.pages(client, input, own)[Symbol.asyncIterator]()
  }

  async next(context: CallContext): Promise<IteratorResult<AnyPage, unknown>> {
    const { signal } = context
    const abort = (): void => this.#controller.abort(signal.reason)
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
    try {
      return await this.#iterator.next()
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }

  /** Not awaited: a generator that hangs would hold its reader. */
  abandon(): void {
    if (!this.#controller.signal.aborted) this.#controller.abort(abandoned)
    void this.#iterator.return?.()?.then(undefined, () => undefined)
  }

  async end(): Promise<void> {
    if (!this.#controller.signal.aborted) this.#controller.abort(abandoned)
    await this.#iterator.return?.().catch(() => undefined)
  }
}

const abandoned = new DOMException('The read has ended.', 'AbortError')

/** The signal is the generator's own: that of the attempt which started it would be over with its page. */
class PageContext extends DelegatedContext implements ReadContext<unknown> {
  readonly #signal: AbortSignal
  readonly cursor: unknown
  readonly maxRecords: number | undefined

  constructor(context: CallContext, signal: AbortSignal, cursor: unknown, maxRecords: number | undefined) {
    super(context)
    this.#signal = signal
    this.cursor = cursor
    this.maxRecords = maxRecords
  }

  override get signal(): AbortSignal {
    return this.#signal
  }
}

/** Where a stateless page stopped: after a system's page, or within one, behind the record of this id. */
interface JsonCursor {
  readonly after?: unknown
  readonly skip?: number | undefined
  readonly id?: string | undefined
}

/** One stateless page for JSON faces; within a system's page it stops where `maxRecords` or `maxBytes` is reached. */
export async function readJson(
  runtime: Runtime,
  name: string,
  facet: AnyRead,
  input: unknown,
  options: {
    readonly cursor?: unknown
    readonly maxRecords?: number | undefined
    readonly maxBytes?: number | undefined
    readonly signal?: AbortSignal | undefined
  },
): Promise<JsonPage> {
  const { maxRecords = 1_000, maxBytes = 4 * 1024 * 1024 } = options
  const position = readCursor(name, options.cursor)
  const decoded = decode(input, runtime.handles)
  const parsed: unknown = await validate(facet.input, decoded ?? {}, `${name}.read input`)
  const reading = readStream(runtime, name, facet, decoded, {
    signal: options.signal,
    cursor: position.after === undefined ? undefined : decode(position.after, runtime.handles),
    pageSize: maxRecords,
  })
  for await (const page of reading.pages()) {
    const from = startWithin(facet, parsed, page, position)
    const taken = await take(runtime, page.records.slice(from), maxRecords, maxBytes)
    const until = from + taken.length
    if (until < page.records.length) {
      const identity = facet.identify?.(page.records[until - 1], parsed)
      const cursor: JsonCursor = { after: position.after, skip: until, id: identity?.id }
      return { records: taken, cursor, done: false }
    }
    const after = await encode(page.cursor, { handles: runtime.handles, revealSecrets: false, spool: undefined })
    return { records: taken, cursor: { after } satisfies JsonCursor, done: page.last === true }
  }
  return { records: [], cursor: options.cursor ?? null, done: true }
}

function readCursor(name: string, cursor: unknown): JsonCursor {
  if (cursor === undefined || cursor === null) return {}
  if (typeof cursor !== 'object' || Array.isArray(cursor))
    throw invalidInput(`${name}.read: the cursor must be one that an earlier page gave.`)
  return cursor
}

/** The page may have changed since: go on behind the record handed out last, wherever it is now; else hand out all again. */
function startWithin(facet: AnyRead, input: unknown, page: AnyPage, position: JsonCursor): number {
  if (position.skip === undefined) return 0
  if (facet.identify === undefined || position.id === undefined) return Math.min(position.skip, page.records.length)
  const found = page.records.findIndex((record) => facet.identify?.(record, input).id === position.id)
  return found + 1
}

async function take(
  runtime: Runtime,
  records: readonly unknown[],
  maxRecords: number,
  maxBytes: number,
): Promise<unknown[]> {
  const taken: unknown[] = []
  let bytes = 0
  for (const record of records.slice(0, maxRecords)) {
    const encoded = await encode(record, {
      handles: runtime.handles,
      revealSecrets: false,
      spool: runtime.config.uniform.files?.spool,
    })
    bytes += Buffer.byteLength(JSON.stringify(encoded) ?? 'null')
    if (bytes > maxBytes && taken.length > 0) break
    taken.push(encoded)
  }
  return taken
}
