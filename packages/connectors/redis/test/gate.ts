import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import type { Address } from '@casare/testing'

/** A way to a server that can be cut, and on which listeners can fall silent without being closed. */
export interface Gate extends Address {
  cut(): void
  /** Nothing passes any more on the connections that listen now; those to come are well. */
  silenceListeners(): void
  close(): Promise<void>
}

interface Passage {
  readonly client: Socket
  readonly upstream: Socket
  listens: boolean
}

export async function openGate(target: Address): Promise<Gate> {
  const passages = new Set<Passage>()
  const server = createServer((client) => {
    const upstream = connect({ ...target })
    const passage = { client, upstream, listens: false }
    passages.add(passage)
    client.on('data', (chunk: Buffer) => {
      if (/X?READGROUP|SUBSCRIBE/.test(chunk.toString('latin1'))) passage.listens = true
    })
    client.pipe(upstream).pipe(client)
    for (const socket of [client, upstream]) {
      socket.on('error', () => undefined)
      socket.on('close', () => {
        client.destroy()
        upstream.destroy()
        passages.delete(passage)
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = (): void => {
    for (const { client } of passages) client.destroy()
  }
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    cut,
    silenceListeners() {
      for (const { client, upstream, listens } of passages) if (listens) upstream.unpipe(client).pause()
    },
    async close() {
      cut()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
