import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Target } from '@casare/testing'

export const token = 'the-token-of-the-ledger'

interface LedgerEvent {
  readonly number: number
  redelivered: boolean
  /** Number of the subscription that holds it; 0 where none does. */
  heldBy: number
}

/** The system behind the sample connector: entries, and a queue of events. */
export interface Ledger extends Target {
  readonly entries: Map<string, { text: string; group: number; times: number }>
  readonly keys: Map<string, string>
  readonly events: LedgerEvent[]
  readonly deadLetters: number[]
  /** Connections made before this number of subscription are silent. */
  silentUntil: number
  drop(): void
}

/** Starts a ledger on loopback. */
export async function startLedger(): Promise<Ledger> {
  let subscriptions = 0
  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
  const ledger: Ledger = {
    entries: new Map(),
    keys: new Map(),
    events: [],
    deadLetters: [],
    silentUntil: 0,
    address,
    config: { ...address, token },
    drop: () => {
      for (const event of ledger.events) event.heldBy = 0
      server.closeAllConnections()
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = []
    try {
      for await (const piece of request) pieces.push(piece as Buffer)
    } catch {
      return
    }
    const body = bodyOf(pieces)
    const send = (status: number, content: unknown): void =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(content))
    if (request.headers.authorization !== `Bearer ${token}`)
      return send(401, { message: `refused: ${request.headers.authorization}` })
    if (body === undefined) return send(400, { message: 'no JSON' })
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://ledger.invalid')
    const { entries, keys, events } = ledger
    switch (pathname) {
      case '/hang':
        return
      case '/get': {
        const found = entries.get(searchParams.get('id') ?? '')
        return found === undefined ? send(404, { message: 'none' }) : send(200, { text: found.text })
      }
      case '/put':
      case '/create':
      case '/pay': {
        const { id, text, key, group = 0 } = body as { id: string; text: string; key?: string; group?: number }
        const there = entries.get(id)
        if (pathname === '/create' && there !== undefined && there.text !== text) return send(409, { message: 'there' })
        if (text === 'poison') return send(422, { message: 'poison' })
        if (pathname === '/pay' && key !== undefined && keys.has(key)) return send(200, { ok: true })
        if (key !== undefined) keys.set(key, id)
        const times = pathname === '/put' ? 1 : (there?.times ?? 0) + 1
        entries.set(id, { text, group, times })
        return send(200, { ok: true })
      }
      case '/remove':
        return entries.delete(String((body as { id: string }).id))
          ? send(200, { ok: true })
          : send(404, { message: 'none' })
      case '/list': {
        const after = JSON.parse(searchParams.get('after') ?? 'null') as [number, string] | null
        const strict = searchParams.get('strict') === 'group'
        const all = [...entries]
          .map(([id, { text, group }]) => ({ id, text, group }))
          .sort((a, b) => a.group - b.group || (a.id < b.id ? -1 : 1))
          .filter(
            ({ id, group }) => after === null || group > after[0] || (!strict && group === after[0] && id > after[1]),
          )
        return send(200, { items: all.slice(0, Number(searchParams.get('size'))) })
      }
      case '/subscribe':
        subscriptions += 1
        return send(200, { subscription: subscriptions })
      case '/poll': {
        const subscription = Number(searchParams.get('subscription'))
        if (subscription <= ledger.silentUntil) return
        const next = events.find(({ heldBy }) => heldBy === 0)
        if (next === undefined) return send(200, {})
        next.heldBy = subscription
        send(200, { number: next.number, redelivered: next.redelivered })
        next.redelivered = true
        return
      }
      case '/ack':
      case '/dead': {
        const { number } = body as { number: number }
        const index = events.findIndex((one) => one.number === number)
        if (index >= 0) events.splice(index, 1)
        if (pathname === '/dead') ledger.deadLetters.push(number)
        return send(200, { ok: true })
      }
      case '/nack': {
        const held = events.find((one) => one.number === (body as { number: number }).number)
        if (held !== undefined) held.heldBy = 0
        return send(200, { ok: true })
      }
      case '/silence':
        ledger.silentUntil = subscriptions
        return send(200, { ok: true })
      default:
        return send(404, { message: 'no such path' })
    }
  }
  return ledger
}

function bodyOf(pieces: readonly Buffer[]): Record<string, unknown> | undefined {
  try {
    return pieces.length === 0 ? {} : (JSON.parse(Buffer.concat(pieces).toString()) as Record<string, unknown>)
  } catch {
    return undefined
  }
}
