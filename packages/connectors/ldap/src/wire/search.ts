import { ConnectorError } from '@casare/core'
import type { Control, Filter, Message, SearchResponse } from 'ldapts'
import type * as Ldapts from 'ldapts'
import type { LdapEntry } from '../values/entry.ts'
import { readEntry } from '../values/read-entry.ts'

export type Scope = 'base' | 'one' | 'sub'

/** One request for entries. */
export interface Search {
  readonly base: string
  readonly scope: Scope
  readonly filter: Filter
  readonly attributes: readonly string[]
  /** The most entries; `undefined` leaves it to the server. */
  readonly sizeLimit?: number | undefined
  /** Time for the server, in milliseconds. */
  readonly timeMs?: number | undefined
  readonly page?: { readonly size: number; readonly cookie: Buffer | undefined } | undefined
}

export interface Found {
  readonly entries: readonly LdapEntry[]
  /** Where else the server says to look. */
  readonly referrals: readonly string[]
  /** There are more than `sizeLimit`, of ours or of the server. */
  readonly truncated: boolean
  /** Where the next page begins; `undefined` after the last one. */
  readonly cookie: Buffer | undefined
}

/** What of the library is not in its types: its own search drops the result code 4 and the cookie of an empty page. */
interface Sender {
  _send?: (message: Message) => Promise<SearchResponse | undefined>
  _nextMessageId?: () => number
}

/** Sends one search request and reads its whole answer (RFC 4511, 4.5; pages: RFC 2696). */
export async function search(library: typeof Ldapts, client: Ldapts.Client, one: Search): Promise<Found> {
  const sender = client as unknown as Sender
  if (sender._send === undefined || sender._nextMessageId === undefined)
    throw new ConnectorError({ code: 'internal', applied: 'no', message: 'LDAP: this version of ldapts is not known.' })
  const controls: Control[] = []
  if (one.page !== undefined) {
    const { size, cookie } = one.page
    controls.push(new library.PagedResultsControl({ value: { size, ...(cookie && { cookie }) } }))
  }
  const request = new library.SearchRequest({
    messageId: sender._nextMessageId(),
    baseDN: one.base,
    scope: one.scope,
    filter: one.filter,
    attributes: [...one.attributes],
    sizeLimit: one.sizeLimit ?? 0,
    timeLimit: one.timeMs === undefined ? 0 : Math.min(2_147_483, Math.ceil(one.timeMs / 1_000)),
    controls,
  })
  const response = await sender._send(request)
  const sizeLimited = response?.status === 4 && one.sizeLimit !== undefined
  if (response === undefined || (response.status !== 0 && !sizeLimited)) throw library.StatusCodeParser.parse(response)
  const paged = response.controls?.find((control) => control instanceof library.PagedResultsControl)
  const cookie = paged?.value?.cookie
  return {
    entries: response.searchEntries.map(readEntry),
    referrals: response.searchReferences.flatMap(({ uris }) => uris),
    truncated: sizeLimited,
    cookie: cookie === undefined || cookie.length === 0 ? undefined : cookie,
  }
}
