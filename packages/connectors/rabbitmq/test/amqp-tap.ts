import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** Counts deliveries and their answers by the frames that pass; cuts connections, and lets them fall silent. */
export interface AmqpTap {
  readonly port: number
  /** Deliveries that connections which stand hold without an answer. */
  outstanding(): number
  /** Resets every connection. */
  cut(): void
  /** Hands nothing to the client any more, on the connections that stand. */
  deafen(): void
  /** Hands nothing on any more on the connections that stand. */
  mute(): void
  close(): Promise<void>
}

interface Line {
  readonly client: Socket
  readonly server: Socket
  outstanding: number
  muted: boolean
  deaf: boolean
}

/** Class and method of AMQP's frames for deliveries and for the answers to them. */
const deliver = '60.60'
const answers = new Set(['60.80', '60.90', '60.120'])

/** A TCP proxy on loopback that reads the frames of AMQP (https://www.rabbitmq.com/amqp-0-9-1-protocol#frames). */
export async function amqpTap(target: { readonly host: string; readonly port: number }): Promise<AmqpTap> {
  const lines = new Set<Line>()
  const server = createServer((client) => {
    const line: Line = { client, server: connect({ ...target }), outstanding: 0, muted: false, deaf: false }
    lines.add(line)
    const fromClient = methods((name) => {
      if (answers.has(name)) line.outstanding -= 1
    })
    const fromServer = methods((name) => {
      if (name === deliver) line.outstanding += 1
    })
    let header = true
    client.on('data', (bytes: Buffer) => {
      if (line.muted) return
      line.server.write(bytes)
      // The protocol's header comes before the first frame.
      fromClient(header ? bytes.subarray(8) : bytes)
      header = false
    })
    line.server.on('data', (bytes: Buffer) => {
      if (line.muted || line.deaf) return
      client.write(bytes)
      fromServer(bytes)
    })
    for (const socket of [client, line.server]) {
      socket.on('error', () => undefined)
      socket.on('close', () => {
        lines.delete(line)
        client.destroy()
        line.server.destroy()
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = (): void => {
    for (const { client, server: other } of lines) {
      client.resetAndDestroy()
      other.resetAndDestroy()
    }
  }
  return {
    port: (server.address() as AddressInfo).port,
    outstanding: () => [...lines].reduce((sum, one) => sum + one.outstanding, 0),
    cut,
    deafen() {
      for (const line of lines) line.deaf = true
    },
    mute() {
      for (const line of lines) line.muted = true
    },
    async close() {
      cut()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function methods(seen: (name: string) => void): (bytes: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0)
  return (bytes) => {
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes])
    while (rest.length >= 7) {
      const end = 7 + rest.readUInt32BE(3) + 1
      if (rest.length < end) return
      if (rest[0] === 1) seen(`${rest.readUInt16BE(7)}.${rest.readUInt16BE(9)}`)
      rest = rest.subarray(end)
    }
  }
}
