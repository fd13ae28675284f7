import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'

/** A server that answers statements by asking for a file of the client's. */
export interface RogueServer {
  readonly port: number
  /** What arrived after it had asked. */
  received(): Buffer
  close(): Promise<void>
}

const okPayload = Buffer.of(0, 0, 0, 2, 0, 0, 0)

/** @param asksAtOnce asks for the file in place of the answer to the first statement; else only to one of a caller. */
export async function rogueServer(path: string, asksAtOnce: boolean): Promise<RogueServer> {
  const received: Buffer[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    const send = (sequence: number, payload: Buffer): void =>
      void socket.write(Buffer.concat([Buffer.of(payload.length, 0, 0, sequence), payload]))
    send(0, greeting())
    let packets = 0
    let asked = false
    socket.on('data', (chunk: Buffer) => {
      if (asked) received.push(chunk)
      for (let at = 0; at + 4 <= chunk.length; at += 4 + chunk.readUIntLE(at, 3)) {
        packets += 1
        const sequence = (chunk[at + 3] ?? 0) + 1
        const isSetting = chunk[at + 4] === 3 && /^set /.test(chunk.toString('latin1', at + 5))
        if (packets === 1 || asked || (isSetting && !asksAtOnce)) send(sequence, okPayload)
        else {
          asked = true
          // https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response_local_infile_request.html
          send(sequence, Buffer.concat([Buffer.of(0xfb), Buffer.from(path)]))
        }
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    received: () => Buffer.concat(received),
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** HandshakeV10 with every capability but TLS and compression. */
function greeting(): Buffer {
  const scramble = Buffer.alloc(20, 'a')
  return Buffer.concat([
    Buffer.of(10),
    Buffer.from('10.11.0-rogue\0'),
    Buffer.of(1, 0, 0, 0),
    scramble.subarray(0, 8),
    Buffer.of(0, 0xdf, 0xf7, 45, 2, 0, 0x0f, 0, 21),
    Buffer.alloc(10),
    scramble.subarray(8),
    Buffer.from('\0mysql_native_password\0'),
  ])
}
