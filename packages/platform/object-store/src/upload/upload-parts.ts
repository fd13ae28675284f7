import { invalidInput, type CallContext } from '@casare/core'
import type { ObjectDriver } from '../driver.ts'
import type { ObjectAddress, ObjectAttributes, Preconditions, StoredObject, Upload, UploadedPart } from '../model.ts'
import { explained, repeating } from '../repeat.ts'
import { withSignal } from '../with-signal.ts'
import { cutParts, type CutPart } from './cut-parts.ts'

/** How an upload in parts goes. */
export interface UploadPlan {
  /** Bytes of a part, as `partSize` gives it. */
  readonly partBytes: number
  /** Parts under way at once; each is held in memory. */
  readonly concurrency: number
  /** Refuses a body that is longer, in bytes. */
  readonly maxBytes: number
  /** The length that the body must have, where it is known. */
  readonly length: number | undefined
}

const abortMs = 10_000

/**
 * Stores a stream: by one request where it ends within the first part, else in parts, several at once. Of an upload that
 * fails nothing is left behind, as far as the store can be reached.
 */
export async function uploadStream<Client>(
  driver: ObjectDriver<Client>,
  client: Client,
  request: ObjectAddress & ObjectAttributes & Preconditions,
  source: AsyncIterable<Uint8Array>,
  plan: UploadPlan,
  call: CallContext,
): Promise<StoredObject & { readonly size: number }> {
  const parts = cutParts(source, plan.partBytes)
  try {
    const first = await parts.next()
    if (first.done === true) throw new Error('a stream always has a first part')
    if (first.value.last) {
      const { bytes } = first.value
      checkLength(bytes.byteLength, true, plan)
      return { ...(await driver.put(client, { ...request, body: inMemory(bytes) }, call)), size: bytes.byteLength }
    }
    return await new PartsUpload(driver, client, request, plan, call).run(first.value, parts)
  } finally {
    await parts.return()
  }
}

class PartsUpload<Client> {
  readonly #driver: ObjectDriver<Client>
  readonly #client: Client
  readonly #request: ObjectAddress & ObjectAttributes & Preconditions
  readonly #plan: UploadPlan
  readonly #call: CallContext
  readonly #repeat: ReturnType<typeof repeating>
  readonly #sent: UploadedPart[] = []
  readonly #running = new Set<Promise<void>>()
  #failure: { readonly error: unknown } | undefined
  #size = 0

  constructor(
    driver: ObjectDriver<Client>,
    client: Client,
    request: ObjectAddress & ObjectAttributes & Preconditions,
    plan: UploadPlan,
    call: CallContext,
  ) {
    this.#driver = driver
    this.#client = client
    this.#request = request
    this.#plan = plan
    this.#call = call
    this.#repeat = repeating(driver.toError)
  }

  async run(first: CutPart, rest: AsyncIterable<CutPart>): Promise<StoredObject & { readonly size: number }> {
    const { length: size, partBytes } = this.#plan
    const upload = await this.#driver.startUpload(this.#client, { ...this.#request, size, partBytes }, this.#call)
    try {
      await this.#send(upload, first, rest)
      const parts = this.#sent.toSorted((one, other) => one.number - other.number)
      const { bucket: _bucket, key: _key, ...attributes } = this.#request
      const stored = await this.#complete({ ...attributes, upload, parts })
      return { ...stored, size: this.#size }
    } catch (error) {
      await Promise.allSettled(this.#running)
      await this.#giveUp(upload)
      throw error
    }
  }

  async #send(upload: Upload, first: CutPart, rest: AsyncIterable<CutPart>): Promise<void> {
    const concurrency = this.#driver.limits.part.inOrder === true ? 1 : this.#plan.concurrency
    let number = 0
    for await (const part of startingWith(first, rest)) {
      checkLength(this.#size + part.bytes.byteLength, part.last, this.#plan)
      // No more is read than what can be sent: the source waits here.
      while (this.#running.size >= concurrency && this.#failure === undefined) await Promise.race(this.#running)
      if (this.#failure !== undefined) break
      number += 1
      this.#start(upload, number, part)
      this.#size += part.bytes.byteLength
    }
    await Promise.all(this.#running)
    if (this.#failure !== undefined) throw this.#failure.error
  }

  #start(upload: Upload, number: number, { bytes, last }: CutPart): void {
    const part = { upload, number, offset: this.#size, last, body: inMemory(bytes) }
    const running = this.#repeat(() => this.#driver.uploadPart(this.#client, part, this.#call), this.#call.signal)
      .then(
        (sent) => void this.#sent.push(sent),
        (error: unknown) => (this.#failure ??= { error }),
      )
      .then(() => void this.#running.delete(running))
    this.#running.add(running)
  }

  /** That the upload is gone may be the echo of a first attempt whose answer was lost. */
  async #complete(request: Parameters<ObjectDriver<Client>['completeUpload']>[1]): Promise<StoredObject> {
    const { toError } = this.#driver
    let ambiguous: Error | undefined
    return this.#repeat(async () => {
      try {
        return await this.#driver.completeUpload(this.#client, request, this.#call)
      } catch (error) {
        const failure = explained(error, toError)
        if (ambiguous !== undefined && failure.code === 'not_found') throw ambiguous
        if (failure.applied === 'maybe') ambiguous = failure
        throw failure
      }
    }, this.#call.signal)
  }

  /** The caller's signal may be the reason: giving up has time of its own. */
  async #giveUp(upload: Upload): Promise<void> {
    const call = withSignal(this.#call, AbortSignal.timeout(abortMs))
    await this.#driver.abortUpload(this.#client, upload, call).catch(() => undefined)
  }
}

async function* startingWith<Item>(first: Item, rest: AsyncIterable<Item>): AsyncIterable<Item> {
  yield first
  yield* rest
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

function checkLength(size: number, last: boolean, { length, maxBytes }: UploadPlan): void {
  if (length !== undefined && (size > length || (last && size < length)))
    throw invalidInput(`The body was said to have ${length} bytes and has ${last ? size : `more than ${length}`}.`)
  if (size > maxBytes)
    throw invalidInput(`The body has more than ${maxBytes} bytes. Raise maxBytes, up to what the store allows.`)
}
