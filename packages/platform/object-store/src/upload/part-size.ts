import { invalidInput } from '@casare/core'
import type { StoreLimits } from '../driver.ts'

/** How an object is cut. */
export interface PartSizeWish {
  /** Bytes of a part. Default 8 MiB. */
  readonly partBytes?: number | undefined
  /** Bytes of the whole, or the most that it may have. */
  readonly atMost: number
}

const defaultPartBytes = 8 * 1024 * 1024

/**
 * The size of the parts of an object: as wished, but large enough that the store's number of parts suffices.
 * @throws `invalid_input` where the object is larger than the store allows, or the wish cannot be met
 */
export function partSize(limits: StoreLimits, { partBytes, atMost }: PartSizeWish): number {
  const { minBytes, maxBytes, maxCount, multipleOf = 1 } = limits.part
  if (atMost > limits.maxObjectBytes)
    throw invalidInput(`${atMost} bytes are more than the ${limits.maxObjectBytes} that one object may have here.`)
  if (partBytes !== undefined && (partBytes < minBytes || partBytes > maxBytes))
    throw invalidInput(`partBytes must be from ${minBytes} to ${maxBytes} here; got ${partBytes}.`)
  const needed = Math.ceil(atMost / maxCount)
  if (partBytes !== undefined && partBytes < needed)
    throw invalidInput(
      `Parts of ${partBytes} bytes are too small: an object of ${atMost} bytes may have ${maxCount} parts here. Use ${needed} or more.`,
    )
  const size = Math.max(partBytes ?? defaultPartBytes, minBytes, needed)
  return Math.min(Math.ceil(size / multipleOf) * multipleOf, maxBytes)
}
