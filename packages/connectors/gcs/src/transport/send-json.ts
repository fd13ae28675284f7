import type { GcsClient } from '../gcs-client.ts'
import { send, type Sending } from './send.ts'
import { wholeText } from './whole-text.ts'

/** Sends a request, with JSON where there is some, and reads the answer's. An empty answer is an empty object. */
export async function sendJson<Answer extends object>(
  client: GcsClient,
  { json, ...sending }: Sending & { readonly json?: object | undefined },
  signal: AbortSignal,
): Promise<Answer> {
  const bytes = json === undefined ? undefined : Buffer.from(JSON.stringify(json))
  const response = await send(
    client,
    bytes === undefined
      ? sending
      : {
          ...sending,
          headers: { 'content-type': 'application/json; charset=UTF-8', ...sending.headers },
          body: inMemory(bytes),
        },
    signal,
  )
  const text = await wholeText(response)
  return (text === '' ? {} : JSON.parse(text)) as Answer
}

/** Bytes in memory, ready to be sent. */
export function inMemory(bytes: Uint8Array): { length: number; bytes: Uint8Array; open(): AsyncIterable<Uint8Array> } {
  return {
    length: bytes.byteLength,
    bytes,
    async *open() {
      yield bytes
    },
  }
}
