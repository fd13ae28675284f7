/** Castagnoli's polynomial, reflected (RFC 3720, B.4). */
const polynomial = 0x82f63b78
const lanes = 8

/** `tables[lane][byte]`: the sum of a byte that `lane` zero bytes follow. */
const tables = makeTables()

function makeTables(): readonly Int32Array[] {
  const first = Int32Array.from({ length: 256 }, (_one, index) => {
    let sum = index
    for (let bit = 0; bit < 8; bit += 1) sum = (sum & 1) === 1 ? (sum >>> 1) ^ polynomial : sum >>> 1
    return sum
  })
  const all = [first]
  for (let lane = 1; lane < lanes; lane += 1)
    all.push((all[lane - 1] ?? first).map((sum) => (first[sum & 0xff] ?? 0) ^ (sum >>> 8)))
  return all
}

/** The sum over more bytes: eight at a time ("slicing by eight"). */
function updated(start: number, bytes: Uint8Array): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = tables as unknown as readonly [
    ...[Int32Array, Int32Array, Int32Array, Int32Array],
    ...[Int32Array, Int32Array, Int32Array, Int32Array],
  ]
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const { byteLength } = bytes
  let sum = ~start
  let at = 0
  for (const end = byteLength - 7; at < end; at += 8) {
    const low = sum ^ view.getInt32(at, true)
    const high = view.getInt32(at + 4, true)
    sum =
      (t7[low & 0xff] ?? 0) ^
      (t6[(low >>> 8) & 0xff] ?? 0) ^
      (t5[(low >>> 16) & 0xff] ?? 0) ^
      (t4[low >>> 24] ?? 0) ^
      (t3[high & 0xff] ?? 0) ^
      (t2[(high >>> 8) & 0xff] ?? 0) ^
      (t1[(high >>> 16) & 0xff] ?? 0) ^
      (t0[high >>> 24] ?? 0)
  }
  for (; at < byteLength; at += 1) sum = (t0[(sum ^ (bytes[at] ?? 0)) & 0xff] ?? 0) ^ (sum >>> 8)
  return ~sum >>> 0
}

/** A running CRC32C, the sum that Google keeps of every object. */
export class Crc32c {
  #value = 0
  length = 0

  update(chunk: Uint8Array): this {
    this.#value = updated(this.#value, chunk)
    this.length += chunk.byteLength
    return this
  }

  /** In base64, the big end first, as Google writes it. */
  digest(): string {
    return written(this.#value)
  }
}

export function crc32cOf(bytes: Uint8Array): string {
  return new Crc32c().update(bytes).digest()
}

/** The sum over two runs of bytes from the sum over each (as in zlib's `crc32_combine`). */
export function joinCrc32c(first: string, second: string, secondLength: number): string {
  let sum = read(first)
  let rest = secondLength
  // Feeds as many zero bytes as the second run has: the operator for one byte, squared again and again.
  for (let operator = zeroByte(); rest > 0; operator = square(operator)) {
    if (rest % 2 === 1) sum = times(operator, sum)
    rest = Math.floor(rest / 2)
  }
  return written((sum ^ read(second)) >>> 0)
}

function zeroByte(): number[] {
  let operator = [polynomial, ...Array.from({ length: 31 }, (_one, bit) => 2 ** bit)]
  for (let doubled = 0; doubled < 3; doubled += 1) operator = square(operator)
  return operator
}

function times(matrix: readonly number[], vector: number): number {
  let sum = 0
  for (let bit = 0, rest = vector; rest !== 0; bit += 1, rest >>>= 1) if ((rest & 1) === 1) sum ^= matrix[bit] ?? 0
  return sum >>> 0
}

function square(matrix: readonly number[]): number[] {
  return matrix.map((row) => times(matrix, row))
}

function written(value: number): string {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes.toString('base64')
}

function read(sum: string): number {
  return Buffer.from(sum, 'base64').readUInt32BE()
}
