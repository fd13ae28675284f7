import { setTimeout as pause } from 'node:timers/promises'
import { backoffMs } from '@casare/resilience'
import { ConnectorError, type AnyRead, type Page, type Reading } from '@casare/core'
import type { FlowRead } from '../definition/flow-definition.ts'
import type { StepChain, StepResult } from '../steps/step-chain.ts'
import { Identity } from './identity.ts'
import { PageHandler } from './page-handler.ts'
import { readAhead } from './read-ahead.ts'
import { RepeatFilter } from './repeat-filter.ts'
import type { RunContext } from './run-context.ts'

/** Moves all that the source has, page by page; true where it has no more, false where the run was asked to stop. */
export async function movePages(
  context: RunContext,
  source: PageSource,
  { reads, input }: { readonly reads: AnyRead; readonly input: unknown },
): Promise<boolean> {
  const { name, state, steps } = context
  const identity = new Identity(name, reads, input)
  const page: { records: readonly unknown[] } = { records: [] }
  const sink = context.sink((origin) => identity.key(page.records[origin], origin, 'write'))
  const handler = new PageHandler(state, name, sink, identity, context.aborted)
  // Source, steps and sink work at the same time, each at most so many pages ahead of the next.
  const pages = readAhead(pagesOf(context, source), context.maxInFlight)
  const repeats = reads.identify === undefined ? undefined : new RepeatFilter(identity)
  for await (const { next, read, steps: stepped } of readAhead(stepPages(pages, steps, repeats), steps.ahead)) {
    page.records = next.records
    context.add(await handler.handle(next, read, await stepped), read)
    if (context.isStopping()) return false
  }
  if (context.isStopping()) return false
  handler.finish()
  return true
}

/** Where pages come from. */
export interface PageSource {
  readonly stream: { read(input: unknown, options: object): Reading<unknown, unknown> }
  readonly read: FlowRead
  /** The cursor to start from. */
  readonly start: unknown
}

/** Pages of the source; one that is down is asked again, with growing pauses, until the patience is over. */
async function* pagesOf(
  context: RunContext,
  { stream, read, start }: PageSource,
): AsyncIterableIterator<Page<unknown, unknown>> {
  const { stopReading, patienceMs } = context
  let cursor = start
  let failures = 0
  let downSince = 0
  for (;;) {
    try {
      for await (const page of stream
        .read(read.input ?? {}, { cursor, pageSize: read.pageSize, signal: stopReading })
        .pages()) {
        cursor = page.cursor
        failures = 0
        yield page
        if (context.isStopping()) return
      }
      return
    } catch (error) {
      // Asked to stop: a page that is still on its way is not needed, reading it changed nothing.
      if (context.isStopping()) return
      if (!ConnectorError.is(error) || !error.transient || context.aborted.aborted) throw error
      if (failures === 0) downSince = performance.now()
      failures += 1
      if (performance.now() - downSince >= patienceMs) throw error
      const pauseMs = backoffMs(failures, {
        capMs: 10_000,
        retryAfterMs: error.retryAfterMs,
        overload: error.overload,
      })
      if (!(await waited(pauseMs, stopReading))) return
    }
  }
}

/** Waits; false where the run was asked to stop meanwhile. */
function waited(pauseMs: number, signal: AbortSignal): Promise<boolean> {
  return pause(pauseMs, true, { signal }).catch(() => false)
}

/** Takes pages, without what the source repeats, through the steps, in order; a page need not be through when the next begins. */
async function* stepPages(
  pages: AsyncIterable<Page<unknown, unknown>>,
  steps: StepChain,
  repeats: RepeatFilter | undefined,
): AsyncIterableIterator<{ next: Page<unknown, unknown>; read: number; steps: Promise<StepResult> }> {
  for await (const page of pages) {
    const records = repeats?.next(page.records) ?? page.records
    const repeated = page.records.length - records.length
    const stepped = steps
      .apply(records)
      .then(({ passed, failed, skipped }) => ({ passed, failed, skipped: skipped + repeated }))
    // Its failure comes when it is this page's turn.
    stepped.catch(() => undefined)
    yield { next: { ...page, records }, read: page.records.length, steps: stepped }
  }
}
