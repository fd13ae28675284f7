import { randomUUID } from 'node:crypto'
import type { Target } from '@casare/testing'
import { createClient } from '@redis/client'
import { openGate, type Gate } from './gate.ts'
import type { Peer } from '../../../../tools/peers/src/index.ts'

/** The vendor's client, as those who look past the connector use it. */
export type Bare = ReturnType<typeof bareClient>

/** A bare client on this server; connect and destroy it. */
export function bareClient(url: string) {
  const client = createClient({ url })
  client.on('error', () => undefined)
  return client
}

/** Settings of the connector for this server. */
export function settingsOf(url: string): { host: string; port: number; password?: string } {
  const { hostname, port, password } = new URL(url)
  return {
    host: hostname,
    port: Number(port === '' ? 6379 : port),
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
  }
}

/** A prefix of keys that nobody else has. */
export function ownPrefix(): string {
  return `casare:${randomUUID()}:`
}

/** A target with a bare client beside it; what lies under the prefix is deleted before and after. */
export interface RedisTarget extends Target {
  readonly bare: Bare
  readonly gate: Gate
}

/** A user who may touch nothing but what lies under the prefix, behind a gate. */
export async function startTarget(
  peer: Peer,
  prefix: string,
  seed: (bare: Bare) => Promise<unknown>,
): Promise<RedisTarget> {
  const bare = bareClient(peer.url)
  await bare.connect()
  await clear(bare, prefix)
  await seed(bare)
  const [username, password] = [`casare-${randomUUID()}`, randomUUID()]
  const rights = ['on', `>${password}`, `~${prefix}*`, 'resetchannels', `&${prefix}*`, '+@all']
  await bare.sendCommand(['ACL', 'SETUSER', username, ...rights])
  const { host, port } = settingsOf(peer.url)
  const gate = await openGate({ host, port })
  return {
    bare,
    gate,
    address: { host, port },
    config: { host: gate.host, port: gate.port, username, password, timeouts: { connectMs: 1_000 } },
    async close() {
      await gate.close()
      await clear(bare, prefix)
      await bare.sendCommand(['ACL', 'DELUSER', username])
      bare.destroy()
    },
  }
}

async function clear(bare: Bare, prefix: string): Promise<void> {
  for await (const found of bare.scanIterator({ MATCH: `${prefix}*`, COUNT: 1_000 }))
    if (found.length > 0) await bare.unlink(found)
}

/** Asks until it holds, for up to 20 seconds. */
export async function until(holds: () => Promise<boolean> | boolean, complaint: string): Promise<void> {
  for (const end = Date.now() + 20_000; Date.now() < end;) {
    if (await holds()) return
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  throw new Error(complaint)
}
