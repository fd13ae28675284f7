import { decoderFor, textOrBytes, type Decoder } from './body-codec.ts'
import type { ArrivedRecord } from './driver/driver.ts'
import type { Decode, KafkaRecord } from './record.ts'
import { contentType } from './to-sent.ts'

/** Makes records as they are handled from those of one partition. What follows each other is mostly alike: it remembers. */
export class RecordReader {
  readonly #topic: string
  readonly #partition: number
  readonly #how: Decode
  #type: unknown
  #decode: Decoder
  #typeBytes: Buffer | undefined
  #timestamp = ''
  #time = ''

  constructor(topic: string, partition: number, how: Decode) {
    this.#topic = topic
    this.#partition = partition
    this.#how = how
    this.#decode = decoderFor(how, undefined)
  }

  /** @throws `invalid_input` where the value is not what it says it is. */
  read({ offset, key, value, timestamp, headers }: ArrivedRecord): KafkaRecord {
    const readable = this.#headers(headers)
    if (timestamp !== this.#timestamp) {
      this.#time = new Date(Number(timestamp)).toISOString()
      this.#timestamp = timestamp
    }
    return {
      topic: this.#topic,
      partition: this.#partition,
      offset,
      key: key === null ? null : textOrBytes(key),
      value: value === null ? null : this.#decoder(readable[contentType])(value),
      headers: readable,
      timestamp: this.#time,
    }
  }

  #headers(arrived: Readonly<Record<string, unknown>>): Record<string, unknown> {
    const headers: Record<string, unknown> = {}
    for (const name in arrived) {
      const bytes = arrived[name]
      const value = name === contentType && Buffer.isBuffer(bytes) ? this.#typeOf(bytes) : readable(bytes)
      if (name === '__proto__')
        Object.defineProperty(headers, name, { value, enumerable: true, configurable: true, writable: true })
      else headers[name] = value
    }
    return headers
  }

  #typeOf(bytes: Buffer): unknown {
    if (this.#typeBytes?.equals(bytes) !== true) {
      this.#typeBytes = bytes
      this.#decoder(textOrBytes(bytes))
    }
    return this.#type
  }

  #decoder(type: unknown): Decoder {
    if (type !== this.#type) {
      this.#type = type
      this.#decode = decoderFor(this.#how, typeof type === 'string' ? type : undefined)
      if (type === undefined) this.#typeBytes = undefined
    }
    return this.#decode
  }
}

function readable(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(readable)
  return Buffer.isBuffer(part) ? textOrBytes(part) : part
}
