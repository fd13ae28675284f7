import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'

/** A server that greets as Redis does and answers every other command as it is told. */
export interface FakeServer {
  readonly port: number
  /** Connections accepted so far. */
  connections(): number
  close(): Promise<void>
}

/** @param answer the raw answer to a command, by its name; `undefined` for silence, `cut` to end the connection. */
export async function fakeServer(answer: (name: string) => string | undefined): Promise<FakeServer> {
  const sockets = new Set<Socket>()
  let connections = 0
  const server = createServer((socket) => {
    connections += 1
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    socket.on('data', (chunk: Buffer) => {
      for (const name of namesOf(chunk.toString('latin1'))) {
        const greeting = name === 'HELLO' ? '%1\r\n+proto\r\n:3\r\n' : name === 'CLIENT' ? '+OK\r\n' : undefined
        const said = greeting ?? answer(name)
        if (said === 'cut') socket.destroy()
        else if (said !== undefined) socket.write(said)
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** The first words of the commands in a piece of RESP. */
function namesOf(text: string): string[] {
  return [...text.matchAll(/\*\d+\r\n\$\d+\r\n([A-Za-z]+)\r\n/g)].map(([, name]) => (name ?? '').toUpperCase())
}
