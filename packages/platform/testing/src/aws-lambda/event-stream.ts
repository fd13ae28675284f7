import { crc32 } from 'node:zlib'

/**
 * One message of an event stream of AWS (https://docs.aws.amazon.com/AmazonS3/latest/API/RESTSelectObjectAppendix.html has
 * the framing): lengths, their sum, headers, payload, the sum of all.
 */
export function eventMessage(headers: Readonly<Record<string, string>>, payload: Uint8Array): Buffer {
  const encoded = Buffer.concat(
    Object.entries(headers).map(([name, value]) => {
      const lengths = Buffer.alloc(3)
      // 7: a text.
      lengths.writeUInt8(7, 0)
      lengths.writeUInt16BE(Buffer.byteLength(value), 1)
      return Buffer.concat([Buffer.from([Buffer.byteLength(name)]), Buffer.from(name), lengths, Buffer.from(value)])
    }),
  )
  const prelude = Buffer.alloc(12)
  prelude.writeUInt32BE(16 + encoded.length + payload.byteLength, 0)
  prelude.writeUInt32BE(encoded.length, 4)
  prelude.writeUInt32BE(crc32(prelude.subarray(0, 8)), 8)
  const message = Buffer.concat([prelude, encoded, payload])
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(message), 0)
  return Buffer.concat([message, sum])
}

/** A piece of the answer of a function. */
export function payloadChunk(bytes: Uint8Array): Buffer {
  return eventMessage(
    { ':message-type': 'event', ':event-type': 'PayloadChunk', ':content-type': 'application/octet-stream' },
    bytes,
  )
}

/** The end of the answer: how it went. */
export function invokeComplete(
  facts: Readonly<Record<'ErrorCode' | 'ErrorDetails' | 'LogResult', string | undefined>>,
) {
  return eventMessage(
    { ':message-type': 'event', ':event-type': 'InvokeComplete', ':content-type': 'application/json' },
    Buffer.from(JSON.stringify(facts)),
  )
}
