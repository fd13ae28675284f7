import { ConnectorError, type CallContext } from '@casare/core'
import { backoffMs } from '@casare/resilience'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ObjectDriver, OpenedObject } from '../driver.ts'
import type { ObjectAddress } from '../model.ts'
import { explained } from '../repeat.ts'

const maxFailuresInARow = 5

/**
 * The bytes of an object that was opened. Where the connection breaks, the rest is asked for with the etag pinned, so that
 * bytes of two versions never meet; an answer that ends too early counts as broken. At the end the sum is compared, where
 * the whole was read and the store tells one.
 * @throws `conflict` where the object has changed meanwhile; `internal` where the sum is wrong
 */
export async function* resumedBody<Client>(
  driver: ObjectDriver<Client>,
  client: Client,
  address: ObjectAddress & { version?: string | undefined },
  first: OpenedObject,
  call: CallContext,
): AsyncGenerator<Uint8Array, void> {
  const { info, offset: start, length } = first
  const { verify } = first
  const hash = start === 0 && length === info.size ? verify?.hash() : undefined
  let opened: OpenedObject | undefined = first
  let received = 0
  let failures = 0
  while (received < length) {
    try {
      opened ??= await driver.get(
        client,
        { ...address, ifMatch: info.etag, range: { offset: start + received, length: length - received } },
        call,
      )
      for await (const chunk of opened.body) {
        if (received + chunk.byteLength > length) throw tooLong(address, length)
        received += chunk.byteLength
        failures = 0
        hash?.update(chunk)
        yield chunk
      }
      if (received < length) throw cutShort(address, received, length)
    } catch (error) {
      opened = undefined
      const failure = explained(error, driver.toError)
      failures += 1
      if (call.signal.aborted) throw failure
      if (failure.code === 'conflict') throw changed(address, start + received, failure)
      if (!failure.transient || failures >= maxFailuresInARow) throw failure
      await sleep(backoffMs(failures, { overload: failure.overload, retryAfterMs: failure.retryAfterMs }), undefined, {
        signal: call.signal,
      })
    }
  }
  if (hash !== undefined && verify !== undefined && hash.digest() !== verify.expected)
    throw wrongSum(address, verify.algorithm)
}

function cutShort({ bucket, key }: ObjectAddress, received: number, length: number): ConnectorError {
  return new ConnectorError({
    code: 'unavailable',
    applied: 'no',
    message: `The bytes of ${bucket}/${key} ended after ${received} of ${length}.`,
  })
}

function tooLong({ bucket, key }: ObjectAddress, length: number): ConnectorError {
  return new ConnectorError({
    code: 'internal',
    message: `The store sent more than the ${length} bytes of ${bucket}/${key}.`,
  })
}

function changed({ bucket, key }: ObjectAddress, at: number, cause: ConnectorError): ConnectorError {
  return new ConnectorError({
    code: 'conflict',
    message: `${bucket}/${key} was changed while it was read; the download cannot go on at byte ${at}. Read it from the beginning.`,
    cause,
  })
}

function wrongSum({ bucket, key }: ObjectAddress, algorithm: string): ConnectorError {
  return new ConnectorError({
    code: 'internal',
    message: `The bytes of ${bucket}/${key} arrived damaged: their ${algorithm} is not the one the store has. Do not use them; read the object again.`,
  })
}
