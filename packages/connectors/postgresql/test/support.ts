import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import type { Target } from '@casare/testing'
import pg from 'pg'

/** A database of the test's own on a server. */
export interface OwnDatabase extends Target {
  readonly config: { readonly url: string; readonly timeouts?: object }
  readonly address: { readonly host: string; readonly port: number }
  /** Runs SQL past the connector. */
  run(text: string, values?: unknown[]): Promise<Record<string, unknown>[]>
  close(): Promise<void>
}

/** Makes one; `close` drops it. */
export async function ownDatabase(serverUrl: string, setUp = ''): Promise<OwnDatabase> {
  const name = `casare_test_${randomBytes(6).toString('hex')}`
  await administer(serverUrl, `create database ${name}`)
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  const client = new pg.Client(url.href)
  client.on('error', () => undefined)
  await client.connect()
  if (setUp !== '') await client.query(setUp)
  return {
    config: { url: url.href },
    address: { host: url.hostname, port: Number(url.port) },
    run: async (text, values) => (await client.query<Record<string, unknown>>(text, values)).rows,
    async close() {
      await dropSlots(client).catch(() => undefined)
      await client.end().catch(() => undefined)
      await administer(serverUrl, `drop database if exists ${name} with (force)`)
    },
  }
}

/** A slot keeps its database from being dropped. */
async function dropSlots(client: pg.Client): Promise<void> {
  const ofThis = 'from pg_replication_slots where database = current_database()'
  await client.query(`select pg_terminate_backend(active_pid) ${ofThis} and active_pid is not null`)
  for (let round = 0; round < 200; round += 1) {
    const { rows } = await client.query<{ slot: string; active: boolean }>(`select slot_name as slot, active ${ofThis}`)
    for (const { slot, active } of rows)
      if (!active) await client.query('select pg_drop_replication_slot($1)', [slot]).catch(() => undefined)
    if (rows.length === 0) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

async function administer(serverUrl: string, text: string): Promise<void> {
  const client = new pg.Client(serverUrl)
  await client.connect()
  try {
    await client.query(text)
  } finally {
    await client.end()
  }
}

/** The same URL at another address. */
export function urlAt(url: string, { host, port, secure }: { host: string; port: number; secure: boolean }): string {
  const moved = new URL(url)
  moved.hostname = host
  moved.port = String(port)
  moved.searchParams.set('sslmode', secure ? 'verify-full' : 'disable')
  return moved.href
}

/** Answers the request for TLS as a server does (https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SSL). */
export async function negotiateTls(client: Socket): Promise<void> {
  for (;;) {
    const request = client.read(8) as Buffer | null
    if (request?.readUInt32BE(4) === 80_877_103) {
      client.write('S')
      return
    }
    if (request !== null) throw new Error('Something else than a request for TLS.')
    await once(client, 'readable')
  }
}

/** Waits until something holds, for up to ten seconds. */
export async function until(holds: () => Promise<boolean> | boolean, what: string): Promise<void> {
  for (let round = 0; round < 1_000; round += 1) {
    if (await holds()) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error(`It did not come to this: ${what}`)
}

/** A connection past the connector, as soon as the server takes one again. */
export async function connected(url: string): Promise<pg.Client> {
  let found: pg.Client | undefined
  await until(async () => {
    const client = new pg.Client(url)
    client.on('error', () => undefined)
    const stands = await client.connect().then(
      () => true,
      () => false,
    )
    if (stands) found = client
    return stands
  }, 'the server takes connections')
  return found as pg.Client
}

/** A process of the server dies; the server then ends all the others and recovers from its log. */
export async function crash(serverUrl: string): Promise<void> {
  const victim = await connected(serverUrl)
  const { rows } = await victim.query<{ id: number }>('select pg_backend_pid() as id')
  process.kill(rows[0]?.id ?? 0, 'SIGKILL')
  await victim.end().catch(() => undefined)
}
