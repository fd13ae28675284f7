import { randomBytes } from 'node:crypto'
import { CreateQueueCommand, DeleteQueueCommand, GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs'
import type { Config, Target } from '@casare/testing'

/** Queues of a test's own on a server, seen past the connector. */
export interface Cloud extends Target {
  readonly config: Config
  readonly admin: SQSClient
  /** Makes a queue with a dead-letter queue beside it; answers with its name. */
  make(kind: 'standard' | 'fifo', name?: string): Promise<string>
  /** Messages that a queue holds, those under way included. */
  held(queue: string): Promise<number>
  /** The name of the dead-letter queue of a queue. */
  deadOf(queue: string): string
  close(): Promise<void>
}

/** Opens the view of a test on a server; closing it deletes what the test has made. */
export async function cloudAt(url: string): Promise<Cloud> {
  const identity = { accessKeyId: 'AKIDTEST', secretAccessKey: 'the-secret-of-the-test' }
  const admin = new SQSClient({
    region: 'us-east-1',
    endpoint: url,
    credentials: identity,
    useQueueUrlAsEndpoint: false,
  })
  const urls = new Map<string, string>()
  const create = async (name: string, attributes: Record<string, string>): Promise<string> => {
    const { QueueUrl = '' } = await admin.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }))
    urls.set(name, QueueUrl)
    return QueueUrl
  }
  const attributesOf = async (queue: string): Promise<Record<string, string>> =>
    (await admin.send(new GetQueueAttributesCommand({ QueueUrl: urls.get(queue), AttributeNames: ['All'] })))
      .Attributes ?? {}
  const deadOf = (queue: string): string => queue.replace(/(\.fifo)?$/, '-dead$1')
  const { hostname, port } = new URL(url)
  return {
    address: { host: hostname, port: Number(port) },
    config: { region: 'us-east-1', endpoint: url, credentials: { kind: 'static', ...identity } },
    admin,
    deadOf,
    async make(kind, wanted = `casare-test-${randomBytes(6).toString('hex')}`) {
      const suffix = kind === 'fifo' ? '.fifo' : ''
      const name = `${wanted}${suffix}`
      const base: Record<string, string> = kind === 'fifo' ? { FifoQueue: 'true' } : {}
      await create(deadOf(name), base)
      const { QueueArn: deadLetterTargetArn } = await attributesOf(deadOf(name))
      await create(name, { ...base, RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 50 }) })
      return name
    },
    async held(queue) {
      const attributes = await attributesOf(queue)
      return ['', 'NotVisible', 'Delayed'].reduce(
        (sum, kind) => sum + Number(attributes[`ApproximateNumberOfMessages${kind}`] ?? 0),
        0,
      )
    },
    async close() {
      for (const QueueUrl of urls.values())
        await admin.send(new DeleteQueueCommand({ QueueUrl })).catch(() => undefined)
      admin.destroy()
    },
  }
}
