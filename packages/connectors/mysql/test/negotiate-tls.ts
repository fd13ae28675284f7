import { once } from 'node:events'
import type { Socket } from 'node:net'
import { Transform, type Duplex } from 'node:stream'
import type { TlsTranslation } from '@casare/testing'

const headerBytes = 4
/** CLIENT_SSL, in the lower half of the server's capabilities. */
const tlsFlag = 0x0800

/**
 * Lets a server that speaks no TLS offer it, takes the client's request for it, and numbers the packets of the login as
 * either side expects them: for the server, that request was never made
 * (https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase.html).
 */
export async function negotiateTls(client: Socket, server: Socket): Promise<TlsTranslation> {
  const greeting = await packetFrom(server)
  // Version 10, name of the version, id of the thread, 8 bytes of the scramble and a zero: then the capabilities.
  const flagsAt = greeting.indexOf(0, headerBytes + 1) + 1 + 4 + 8 + 1
  greeting.writeUInt16LE(greeting.readUInt16LE(flagsAt) | tlsFlag, flagsAt)
  client.write(greeting)
  await packetFrom(client)
  const login = { over: false }
  return {
    toServer: renumber(login, -1, () => false),
    toClient: renumber(login, 1, (kind) => kind === 0x00 || kind === 0xff),
  }
}

async function packetFrom(socket: Socket): Promise<Buffer> {
  for (;;) {
    const header = socket.read(headerBytes) as Buffer | null
    if (header !== null) {
      const length = header.readUIntLE(0, 3)
      for (;;) {
        const payload = socket.read(length) as Buffer | null
        if (payload !== null) return Buffer.concat([header, payload])
        await once(socket, 'readable')
      }
    }
    await once(socket, 'readable')
  }
}

/** Moves the numbers of packets until the login is over. */
function renumber(login: { over: boolean }, by: number, ends: (kind: number) => boolean): Duplex {
  let held = Buffer.alloc(0)
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (login.over && held.length === 0) return done(null, chunk)
      held = Buffer.concat([held, chunk])
      const whole: Buffer[] = []
      while (held.length >= headerBytes && held.length >= headerBytes + held.readUIntLE(0, 3)) {
        const packet = Buffer.from(held.subarray(0, headerBytes + held.readUIntLE(0, 3)))
        held = held.subarray(packet.length)
        if (!login.over) packet[3] = ((packet[3] ?? 0) + by) & 0xff
        if (ends(packet[headerBytes] ?? 0)) login.over = true
        whole.push(packet)
      }
      done(null, Buffer.concat(whole))
    },
  })
}
