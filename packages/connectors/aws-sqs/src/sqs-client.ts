import type { SQSClient } from '@aws-sdk/client-sqs'
import { Batcher } from './batcher.ts'
import type { PayloadStore } from './claim-check/payload-store.ts'
import { entryError, type EntryFailure } from './errors.ts'
import { maxBatchBytes, type Outgoing } from './sending/to-outgoing.ts'

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html */
export const maxBatchEntries = 10

/** How long a single message waits for others, in milliseconds. */
const gatherMs = 5
const batchesAtOnce = 32

/** What deleting or hiding a message takes. */
export interface Receipt {
  readonly handle: string
  /** Seconds until it may be seen again; `undefined` deletes it. */
  readonly hiddenSeconds: number | undefined
}

type FailedEntry = EntryFailure & { readonly Id?: string | undefined }

/** The SDK's client, with what is gathered per queue. */
export class SqsClient {
  readonly sdk: SQSClient
  readonly #urls = new Map<string, Promise<string>>()
  readonly #senders = new Map<string, Batcher<Outgoing>>()
  readonly #answers = new Map<string, Batcher<Receipt>>()

  readonly #openPayloads: () => Promise<PayloadStore>
  #payloads: Promise<PayloadStore> | undefined

  constructor(sdk: SQSClient, openPayloads: () => Promise<PayloadStore>) {
    this.sdk = sdk
    this.#openPayloads = openPayloads
  }

  /** Where large payloads are kept; opened when it is first needed. */
  payloads(): Promise<PayloadStore> {
    this.#payloads ??= this.#openPayloads().catch((error: unknown) => {
      this.#payloads = undefined
      throw error
    })
    return this.#payloads
  }

  /** Ends the connections to S3, and those to SQS. */
  async close(): Promise<void> {
    await this.#payloads?.then((store) => store.close()).catch(() => undefined)
    this.sdk.destroy()
  }

  /** The URL of a queue that is given by name or URL; names are asked for once. */
  queueUrl(queue: string, signal: AbortSignal): Promise<string> {
    if (queue.includes('/')) return Promise.resolve(queue)
    const known = this.#urls.get(queue)
    if (known !== undefined) return known
    const asked = this.#askForUrl(queue, signal)
    this.#urls.set(queue, asked)
    asked.catch(() => this.#urls.delete(queue))
    return asked
  }

  /** Forgets the URL of a queue: it may be made anew. */
  forget(queue: string): void {
    this.#urls.delete(queue)
  }

  async #askForUrl(queue: string, abortSignal: AbortSignal): Promise<string> {
    const { GetQueueUrlCommand } = await import('@aws-sdk/client-sqs')
    const { QueueUrl } = await this.sdk.send(new GetQueueUrlCommand({ QueueName: queue }), { abortSignal })
    return QueueUrl ?? queue
  }

  /** What sends to a queue. In a FIFO queue one batch goes after the other, for the order's sake. */
  sender(url: string): Batcher<Outgoing> {
    return cached(this.#senders, url, () => ({
      maxItems: maxBatchEntries,
      maxBytes: maxBatchBytes,
      waitMs: gatherMs,
      concurrency: isFifo(url) ? 1 : batchesAtOnce,
      bytesOf: ({ bytes }) => bytes,
      send: async (items) => {
        const { SendMessageBatchCommand } = await import('@aws-sdk/client-sqs')
        const Entries = items.map(({ entry }, index) => ({ ...entry, Id: String(index) }))
        const { Failed } = await this.sdk.send(new SendMessageBatchCommand({ QueueUrl: url, Entries }))
        return failuresOf(Failed, items.length)
      },
    }))
  }

  /** What deletes and hides messages of a queue. */
  answers(url: string): Batcher<Receipt> {
    return cached(this.#answers, url, () => ({
      // Deleting and hiding are two requests, and one batch here may hold both.
      maxItems: maxBatchEntries,
      maxBytes: Number.MAX_SAFE_INTEGER,
      waitMs: gatherMs,
      concurrency: batchesAtOnce,
      bytesOf: () => 0,
      send: (receipts) => this.#answer(url, receipts),
    }))
  }

  async #answer(QueueUrl: string, receipts: readonly Receipt[]): Promise<readonly unknown[]> {
    const { ChangeMessageVisibilityBatchCommand, DeleteMessageBatchCommand } = await import('@aws-sdk/client-sqs')
    const numbered = receipts.map(({ handle, hiddenSeconds }, index) => ({
      Id: String(index),
      ReceiptHandle: handle,
      hiddenSeconds,
    }))
    const deleted = numbered.filter(({ hiddenSeconds }) => hiddenSeconds === undefined)
    const hidden = numbered.filter(({ hiddenSeconds }) => hiddenSeconds !== undefined)
    const sendAll = async (
      entries: typeof numbered,
      send: () => Promise<{ readonly Failed?: readonly FailedEntry[] | undefined }>,
    ): Promise<unknown[]> => {
      const failures: unknown[] = []
      if (entries.length === 0) return failures
      try {
        for (const failure of (await send()).Failed ?? []) failures[Number(failure.Id)] = entryError(failure)
      } catch (error) {
        for (const { Id } of entries) failures[Number(Id)] = error
      }
      return failures
    }
    const [ofDeleted, ofHidden] = await Promise.all([
      sendAll(deleted, () =>
        this.sdk.send(
          new DeleteMessageBatchCommand({
            QueueUrl,
            Entries: deleted.map(({ Id, ReceiptHandle }) => ({ Id, ReceiptHandle })),
          }),
        ),
      ),
      sendAll(hidden, () =>
        this.sdk.send(
          new ChangeMessageVisibilityBatchCommand({
            QueueUrl,
            Entries: hidden.map(({ Id, ReceiptHandle, hiddenSeconds }) => ({
              Id,
              ReceiptHandle,
              VisibilityTimeout: hiddenSeconds ?? 0,
            })),
          }),
        ),
      ),
    ])
    return receipts.map((_receipt, index) => ofDeleted[index] ?? ofHidden[index])
  }
}

/** Is it the name or URL of a FIFO queue? */
export function isFifo(queue: string): boolean {
  return queue.endsWith('.fifo')
}

function failuresOf(failed: readonly FailedEntry[] | undefined, count: number): unknown[] {
  const failures = Array<unknown>(count).fill(undefined)
  for (const failure of failed ?? []) failures[Number(failure.Id)] = entryError(failure)
  return failures
}

function cached<Item>(
  known: Map<string, Batcher<Item>>,
  url: string,
  options: () => ConstructorParameters<typeof Batcher<Item>>[0],
): Batcher<Item> {
  const found = known.get(url)
  if (found !== undefined) return found
  const made = new Batcher(options())
  known.set(url, made)
  return made
}
