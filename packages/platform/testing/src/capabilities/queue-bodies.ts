import type { QueueMessage } from './queue.ts'

/** Bodies that systems change on the way: empty ones, every byte, what is no UTF-8, JSON of every kind, a large one. */
export function bodies(largeBytes: number): QueueMessage[] {
  const everyByte = Uint8Array.from({ length: 256 }, (_one, index) => index)
  const large = Uint8Array.from({ length: largeBytes }, (_one, index) => (index * 31) % 251)
  return [
    'text',
    '',
    'grüße 🦊 日本語 e\u0301 \u2028\ufeff a\0b\r\n',
    new Uint8Array(),
    everyByte,
    Uint8Array.of(0xff, 0xfe, 0xed, 0xa0, 0x80),
    { nested: [1, null, 'zwei', { three: true }], __proto__: null },
    [],
    null,
    0,
    false,
    large,
  ].map((body, number) => ({ number, key: 'key-0', body }))
}

/** The same text for the same body of the same kind. */
export function comparable(body: unknown): string {
  return body instanceof Uint8Array ? `bytes ${Buffer.from(body).toString('base64')}` : JSON.stringify(body)
}
