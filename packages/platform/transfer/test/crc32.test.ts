import { expect, test } from '@jest/globals'
import { crc32 } from 'node:zlib'
import { crc32Text, joinCrc32 } from '../src/move/crc32.ts'
import { bytesOf } from './support.ts'

test.each([
  [0, 0],
  [0, 5],
  [5, 0],
  [1, 1],
  [1_000, 65_537],
  [123_457, 1],
])('the sum over %i and %i bytes is that over all', (first, second) => {
  const bytes = bytesOf(first + second)
  const joined = joinCrc32(crc32(bytes.subarray(0, first)), crc32(bytes.subarray(first)), second)
  expect(joined).toBe(crc32(bytes))
})

test('it is written as stores write it', () => {
  expect(crc32Text(crc32('123456789'))).toBe(Buffer.from('cbf43926', 'hex').toString('base64'))
})
