import { ConnectorError, isError, type Page } from '@casare/core'
import type { NewDeadLetter } from '../state/dead-letters.ts'
import type { StateStore } from '../state/state-store.ts'
import type { StepResult } from '../steps/step-chain.ts'
import type { Identities } from './identity.ts'
import type { Sink } from './sink.ts'

/** What became of a page's records. */
export interface PageResult {
  readonly written: number
  readonly skipped: number
  readonly deadLettered: number
}

/** Takes one page that has been through the steps into the sink, and its checkpoint into the state. */
export class PageHandler {
  readonly #state: StateStore
  readonly #flow: string
  readonly #sink: Sink
  readonly #identity: Identities
  readonly #signal: AbortSignal
  readonly #openKeys: Set<string>
  #cursor: unknown
  #seen = false

  constructor(state: StateStore, flow: string, sink: Sink, identity: Identities, signal: AbortSignal) {
    this.#state = state
    this.#flow = flow
    this.#sink = sink
    this.#identity = identity
    this.#signal = signal
    this.#openKeys = state.deadLetters.openKeys(flow)
  }

  async handle(
    page: Page<unknown, unknown>,
    read: number,
    { passed, failed, skipped }: StepResult,
  ): Promise<PageResult> {
    const refused = await this.#sink.write(passed, this.#signal)
    const letters = [...failed, ...refused].map(({ origin, error }) => this.#letter(page, origin, error))
    const bad = new Set(refused.map(({ origin }) => origin))
    const superseded =
      this.#openKeys.size === 0
        ? []
        : passed
            .filter(({ origin }) => !bad.has(origin))
            .map(({ origin }) => this.#identity.key(page.records[origin], origin, 'write'))
            .filter((key) => this.#openKeys.has(key))
    const written = passed.length - refused.length
    this.#cursor = page.cursor
    this.#seen = true
    this.#state.checkpoint(this.#flow, {
      cursor: page.cursor,
      complete: false,
      read,
      written,
      deadLetters: letters,
      superseded,
    })
    for (const { key } of letters) this.#openKeys.add(key)
    for (const key of superseded) this.#openKeys.delete(key)
    return { written, skipped, deadLettered: letters.length }
  }

  /** The source has no more. */
  finish(): void {
    const cursor = this.#seen ? this.#cursor : this.#state.get(this.#flow)?.cursor
    this.#state.checkpoint(this.#flow, { cursor, complete: true, read: 0, written: 0, deadLetters: [], superseded: [] })
  }

  #letter(page: Page<unknown, unknown>, origin: number, error: unknown): NewDeadLetter {
    const record = page.records[origin]
    const identity = this.#identity.of(record, origin)
    const known = ConnectorError.is(error) ? error : undefined
    return {
      key: this.#identity.key(record, origin, 'write'),
      recordId: identity?.id,
      version: identity?.version,
      step: known?.connector === undefined ? (known?.operation ?? 'write') : 'write',
      code: known?.code ?? 'internal',
      reason: isError(error) ? error.message : String(error),
      payload: record,
      position: page.cursor,
    }
  }
}
