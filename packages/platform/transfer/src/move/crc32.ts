import { crc32 } from 'node:zlib'

const polynomial = 0xedb88320

/** A running CRC-32 (ISO 3309) and the number of bytes it is over. */
export class Crc32 {
  value = 0
  length = 0

  update(chunk: Uint8Array): void {
    this.value = crc32(chunk, this.value)
    this.length += chunk.byteLength
  }
}

/** The sum over two runs of bytes, from the sums over each (as in zlib's `crc32_combine`). */
export function joinCrc32(first: number, second: number, secondLength: number): number {
  if (secondLength === 0) return first
  // The operator that feeds a zero bit, squared again and again: by 2, 4, 8 … bits.
  let odd = [polynomial, ...Array.from({ length: 31 }, (_one, bit) => 2 ** bit)]
  let even = square(odd)
  odd = square(even)
  let sum = first
  for (let length = secondLength; ;) {
    even = square(odd)
    if (length % 2 === 1) sum = times(even, sum)
    length = Math.floor(length / 2)
    if (length === 0) break
    odd = square(even)
    if (length % 2 === 1) sum = times(odd, sum)
    length = Math.floor(length / 2)
    if (length === 0) break
  }
  return (sum ^ second) >>> 0
}

function times(matrix: readonly number[], vector: number): number {
  let sum = 0
  for (let bit = 0, rest = vector; rest !== 0; bit += 1, rest >>>= 1) if ((rest & 1) === 1) sum ^= matrix[bit] ?? 0
  return sum >>> 0
}

function square(matrix: readonly number[]): number[] {
  return matrix.map((row) => times(matrix, row))
}

/** As stores write it: four bytes, big end first, in base64. */
export function crc32Text(value: number): string {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value >>> 0)
  return bytes.toString('base64')
}
