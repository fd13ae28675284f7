import type { Socket } from 'node:net'

const headerBytes = 4
const mostFrameBytes = 256 * 1_048_576

/** Follows the lengths of answers (https://kafka.apache.org/protocol#protocol_common). */
class Frames {
  readonly #header = Buffer.alloc(headerBytes)
  #headed = 0
  #missing = 0

  /** How many of these bytes complete an answer; `undefined` where they are none. */
  complete(bytes: Buffer): number | undefined {
    let completed = 0
    for (let at = 0; at < bytes.length;) {
      if (this.#missing > 0) {
        const skipped = Math.min(this.#missing, bytes.length - at)
        this.#missing -= skipped
        at += skipped
      } else {
        this.#header[this.#headed] = bytes[at] ?? 0
        this.#headed += 1
        at += 1
        if (this.#headed < headerBytes) continue
        this.#headed = 0
        this.#missing = this.#header.readInt32BE(0)
        if (this.#missing < 0 || this.#missing > mostFrameBytes) return undefined
      }
      if (this.#missing === 0 && this.#headed === 0) completed = at
    }
    return completed
  }
}

/**
 * Lets a socket hand out whole answers only, and ends it where what arrives is none. kafkajs keeps the half of an answer
 * that a connection was lost in, and reads the first one of the next connection as its other half; and what is garbled it
 * throws out of the socket's event, which ends the process
 * (https://github.com/tulios/kafkajs/blob/v2.2.4/src/network/connection.js#L488).
 */
export function handOutWholeFrames(socket: Socket): void {
  const emit = socket.emit.bind(socket)
  const frames = new Frames()
  let parts: Buffer[] = []

  const garbled = (): boolean => {
    socket.destroy(new Error('the answer is garbled; is this Kafka?'))
    return true
  }

  const arrived = (bytes: Buffer): boolean => {
    if (socket.destroyed) return true
    const end = frames.complete(bytes)
    if (end === undefined) return garbled()
    if (end === 0) {
      parts.push(bytes)
      return true
    }
    const whole = bytes.subarray(0, end)
    const handedOut = parts.length === 0 ? whole : Buffer.concat([...parts, whole])
    parts = end < bytes.length ? [bytes.subarray(end)] : []
    try {
      return emit('data', handedOut)
    } catch {
      return garbled()
    }
  }

  socket.emit = (event: string | symbol, ...details: unknown[]): boolean =>
    event === 'data' && Buffer.isBuffer(details[0]) ? arrived(details[0]) : emit(event, ...details)
}
