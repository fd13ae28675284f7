// SQS through the connector and through the SDK itself, in turn: `sqs.ts URL`. Prints one line of JSON.
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { sqs } from '@casare/aws-sqs'
import { interleave, median } from '../helpers.ts'

const [endpoint = ''] = process.argv.slice(2)
const rounds = 7
const batchesAtOnce = 32
const singlesAtOnce = 100
const identity = { accessKeyId: 'AKIDBENCH', secretAccessKey: 'the-secret-of-the-bench' }
const sdk = new SQSClient({ region: 'us-east-1', endpoint, credentials: identity, maxAttempts: 1 })
const queues = sqs({ region: 'us-east-1', endpoint, credentials: { kind: 'static', ...identity } })
const text = 'x'.repeat(150)
const bodyOf = (number: number): string => JSON.stringify({ number, text })

/** Runs the work for each number, so many at once. */
async function inParallel(count: number, atOnce: number, work: (number: number) => Promise<unknown>): Promise<void> {
  let next = 0
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (next < count) await work(next++)
    }),
  )
}

/** Messages per second of both ways, each round on a queue of its own. */
async function compare(count: number, ways: Readonly<Record<'bare' | 'connector', (url: string) => Promise<unknown>>>) {
  const seconds = await interleave(['bare', 'connector'], rounds + 1, async (one) => {
    const { QueueUrl = '' } = await sdk.send(new CreateQueueCommand({ QueueName: `bench-${crypto.randomUUID()}` }))
    const startedAt = performance.now()
    await ways[one](QueueUrl)
    const took = (performance.now() - startedAt) / 1_000
    await sdk.send(new DeleteQueueCommand({ QueueUrl }))
    return took
  })
  const [bare, connector] = [seconds.bare.slice(1), seconds.connector.slice(1)]
  return {
    bare: count / median(bare),
    connector: count / median(connector),
    ratio: median(connector.map((time, round) => (bare[round] ?? time) / time)),
  }
}

const many = 5_000
const records = Array.from({ length: many }, (_, number) => ({ body: bodyOf(number) }))
const batched = await compare(many, {
  bare: (QueueUrl) =>
    inParallel(many / 10, batchesAtOnce, (batch) =>
      sdk.send(
        new SendMessageBatchCommand({
          QueueUrl,
          Entries: Array.from({ length: 10 }, (_, index) => ({
            Id: String(index),
            MessageBody: bodyOf(batch * 10 + index),
          })),
        }),
      ),
    ),
  async connector(queue) {
    const { failed } = await queues.messages.write(records, { queue })
    if (failed[0] !== undefined) throw failed[0].error
  },
})

const few = 2_000
const single = await compare(few, {
  bare: (QueueUrl) =>
    inParallel(few, singlesAtOnce, (number) =>
      sdk.send(new SendMessageCommand({ QueueUrl, MessageBody: bodyOf(number) })),
    ),
  connector: (queue) =>
    inParallel(few, singlesAtOnce, async (number) => {
      const { failed } = await queues.messages.write([{ body: bodyOf(number) }], { queue })
      if (failed[0] !== undefined) throw failed[0].error
    }),
})

await queues.close()
sdk.destroy()
process.stdout.write(`${JSON.stringify({ batched, single })}\n`)
