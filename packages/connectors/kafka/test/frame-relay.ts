import { connect, createServer, type Socket } from 'node:net'

/** Reads what the protocol is made of (https://kafka.apache.org/protocol#protocol_types). */
export class Reader {
  #at = 0
  readonly #bytes: Buffer

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  /** How many bytes were read. */
  get at(): number {
    return this.#at
  }

  int16(): number {
    this.#at += 2
    return this.#bytes.readInt16BE(this.#at - 2)
  }

  int32(): number {
    this.#at += 4
    return this.#bytes.readInt32BE(this.#at - 4)
  }

  text(): string {
    return this.#take(this.int16()).toString()
  }

  bytes(): Buffer {
    return this.#take(this.int32())
  }

  #take(length: number): Buffer {
    this.#at += Math.max(0, length)
    return this.#bytes.subarray(this.#at - Math.max(0, length), this.#at)
  }
}

export function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeInt16BE(value)
  return bytes
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

export function text(value: string): Buffer {
  return Buffer.concat([int16(Buffer.byteLength(value)), Buffer.from(value)])
}

export function bytes(value: Buffer): Buffer {
  return Buffer.concat([int32(value.length), value])
}

/** A request, as far as everything has it in common. */
export interface Request {
  readonly apiKey: number
  readonly version: number
  readonly body: Reader
}

/** What becomes of a request: an answer of ours, the end of the connection, or the broker's answer. */
export type Verdict = Buffer | 'hang up' | 'relay'

/** Speaks for a broker where it knows less. */
export interface Relay {
  readonly host: string
  readonly port: number
  close(): Promise<void>
}

const metadata = 3
const apiVersions = 18
const maxFrameBytes = 100_000_000

/**
 * Relays requests to a broker, and lets some be answered by somebody else.
 * @param spoken what is answered here, as `[apiKey, highest version]`; the broker's list of versions gets it, too
 * @param connection makes what decides on the requests of one connection
 */
export async function frameRelay(
  target: { readonly host: string; readonly port: number },
  spoken: readonly (readonly [apiKey: number, version: number])[],
  connection: () => (request: Request) => Verdict,
): Promise<Relay> {
  const sockets = new Set<Socket>()
  const keep = (socket: Socket): void => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
  }
  const server = createServer((client) => {
    const broker = connect(target)
    const decide = connection()
    const asked = new Map<number, { readonly apiKey: number; readonly version: number }>()
    for (const socket of [client, broker]) keep(socket)
    client.on('close', () => broker.destroy())
    broker.on('close', () => client.destroy())
    eachFrame(client, (frame) => {
      const reader = new Reader(frame)
      const [apiKey, version, correlation] = [reader.int16(), reader.int16(), reader.int32()]
      reader.text()
      if (apiKey === apiVersions || apiKey === metadata) asked.set(correlation, { apiKey, version })
      const verdict = decide({ apiKey, version, body: reader })
      if (verdict === 'hang up') client.destroy()
      else if (verdict === 'relay') broker.write(bytes(frame))
      else client.write(bytes(Buffer.concat([int32(correlation), verdict])))
    })
    eachFrame(broker, (frame) => {
      const correlation = frame.readInt32BE(0)
      const request = asked.get(correlation)
      asked.delete(correlation)
      if (request?.apiKey === apiVersions) client.write(bytes(withVersions(frame, spoken)))
      else if (request?.apiKey === metadata) client.write(bytes(withController(frame, request.version)))
      else client.write(bytes(frame))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no address')
  return {
    host: '127.0.0.1',
    port: address.port,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}

function eachFrame(socket: Socket, handle: (frame: Buffer) => void): void {
  let waiting = Buffer.alloc(0)
  socket.on('data', (arrived: Buffer) => {
    waiting = Buffer.concat([waiting, arrived])
    try {
      while (waiting.length >= 4) {
        const length = waiting.readInt32BE(0)
        if (length < 0 || length > maxFrameBytes) throw new RangeError('no frame')
        if (waiting.length < 4 + length) break
        const frame = waiting.subarray(4, 4 + length)
        waiting = waiting.subarray(4 + length)
        handle(frame)
      }
    } catch {
      // Garbled: a broker hangs up, too.
      socket.destroy()
    }
  })
}

/** ApiVersions answers up to version 2: correlation, error, array of [key, lowest, highest], and from 1 on a pause. */
function withVersions(frame: Buffer, spoken: readonly (readonly [number, number])[]): Buffer {
  const count = frame.readInt32BE(6)
  const end = 10 + count * 6
  const entries = spoken.map(([key, highest]) => Buffer.concat([int16(key), int16(0), int16(highest)]))
  return Buffer.concat([
    frame.subarray(0, 6),
    int32(count + spoken.length),
    frame.subarray(10, end),
    ...entries,
    frame.subarray(end),
  ])
}

/** The mock cluster names a controller that it has not: the first broker is it (answers from version 1 to 8). */
function withController(frame: Buffer, version: number): Buffer {
  const reader = new Reader(frame)
  reader.int32()
  if (version >= 3) reader.int32()
  const nodes = Array.from({ length: reader.int32() }, () => {
    const node = reader.int32()
    reader.text()
    reader.int32()
    reader.text()
    return node
  })
  if (version >= 2) reader.text()
  frame.writeInt32BE(nodes[0] ?? -1, reader.at)
  return frame
}
