import { randomBytes } from 'node:crypto'
import type { Target } from '@casare/testing'
import { createConnection, type Connection } from 'mysql2/promise'

/** A database of the test's own on a server. */
export interface OwnDatabase extends Target {
  readonly config: { readonly url: string }
  readonly address: { readonly host: string; readonly port: number }
  /** Runs SQL past the connector. */
  run(text: string, values?: unknown[]): Promise<Record<string, unknown>[]>
  close(): Promise<void>
}

/** Makes one; `close` drops it. */
export async function ownDatabase(serverUrl: string, ...setUp: string[]): Promise<OwnDatabase> {
  const name = `casare_test_${randomBytes(6).toString('hex')}`
  const url = new URL(serverUrl)
  const client: Connection = await createConnection({ uri: url.href })
  client.on('error', () => undefined)
  await client.query(`create database ${name} character set utf8mb4`)
  await client.query(`use ${name}`)
  for (const text of setUp) await client.query(text)
  url.pathname = `/${name}`
  return {
    config: { url: url.href },
    address: { host: url.hostname, port: Number(url.port === '' ? 3306 : url.port) },
    run: async (text, values) => (await client.query(text, values))[0] as Record<string, unknown>[],
    async close() {
      await client.query(`drop database if exists ${name}`)
      await client.end()
    },
  }
}

/** The same URL at another address. */
export function urlAt(url: string, { host, port }: { host: string; port: number }): string {
  const moved = new URL(url)
  moved.hostname = host
  moved.port = String(port)
  return moved.href
}

/** Waits until something holds, for up to ten seconds. */
export async function until(holds: () => Promise<boolean> | boolean, what: string): Promise<void> {
  for (const end = Date.now() + 10_000; Date.now() < end;) {
    if (await holds()) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error(`It did not come to this: ${what}`)
}

/** All that an iterable gives. */
export async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = []
  for await (const item of items) found.push(item)
  return found
}
