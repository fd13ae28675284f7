/** Castagnoli's polynomial, reflected (RFC 3720, B.4). */
const table = Uint32Array.from({ length: 256 }, (_one, index) => {
  let sum = index
  for (let bit = 0; bit < 8; bit += 1) sum = (sum & 1) === 1 ? (sum >>> 1) ^ 0x82f63b78 : sum >>> 1
  return sum
})

/** CRC32C over chunks. */
export class Crc32c {
  #sum = 0xffffffff

  update(chunk: Uint8Array): this {
    let sum = this.#sum
    for (let at = 0; at < chunk.length; at += 1) sum = (table[(sum ^ (chunk[at] ?? 0)) & 0xff] ?? 0) ^ (sum >>> 8)
    this.#sum = sum
    return this
  }

  /** In base64, big-endian, as Google writes it. */
  digest(): string {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE((this.#sum ^ 0xffffffff) >>> 0)
    return bytes.toString('base64')
  }
}
