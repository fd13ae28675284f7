import { isErrorReply } from '../errors.ts'

/** Where a node says that a slot is. */
export interface Redirect {
  readonly kind: 'MOVED' | 'ASK'
  readonly slot: number
  /** host:port; without a host where the node does not know its own. */
  readonly address: string
}

/** What an error says of where the key is (https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#redirection-and-resharding). */
export function redirectOf(error: unknown): Redirect | undefined {
  if (!isErrorReply(error)) return undefined
  const [, kind, slot, address] = /^(MOVED|ASK) (\d+) (\S*:\d+)$/.exec((error as Error).message) ?? []
  if (address === undefined) return undefined
  return { kind: kind === 'ASK' ? 'ASK' : 'MOVED', slot: Number(slot), address }
}
