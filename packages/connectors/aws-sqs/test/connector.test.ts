import { randomBytes } from 'node:crypto'
import { ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs'
import { connectorSuite, notApplicable, type DrivenConnection, type Peer, type Target } from '@casare/testing'
import { describeWithPeer } from '../../../../tools/peers/src/index.ts'
import { sqs } from '../src/index.ts'
import { frontOf } from './front.ts'
import { cloudAt, type Cloud } from './support.ts'

interface World extends Target {
  readonly cloud: Cloud
  readonly url: string
  readonly front: Awaited<ReturnType<typeof frontOf>>
}

await describeWithPeer('fauxqs', {}, (peer) => {
  const facts: Peer = {
    name: 'fauxqs',
    get version() {
      return peer().version ?? 'unknown'
    },
    kind: 'simulator',
  }
  const queue = `casare-test-${randomBytes(6).toString('hex')}`
  const missing = { input: { queue: 'missing' } }
  const sourceArn = 'arn:aws:sqs:us-east-1:123456789012:orders-dead'
  const missingArn = { input: { sourceArn: 'arn:aws:sqs:us-east-1:123456789012:missing' } }
  const worldOf = (target: Target): World => target as World

  async function start(): Promise<World> {
    const cloud = await cloudAt(peer().url)
    const url = await cloud.make('standard', queue)
    const front = await frontOf(peer().url)
    return {
      cloud,
      front,
      url: `${peer().url}/000000000000/${url}`,
      address: front.address,
      config: { ...cloud.config, endpoint: `http://127.0.0.1:${front.address.port}` },
      async close() {
        await cloud.close()
        await front.close()
      },
    }
  }

  connectorSuite(sqs, {
    peer: facts,
    entry: import.meta.resolve('../src/index.ts'),
    start,
    examples: {
      getQueueUrl: { input: { queue } },
      getQueueAttributes: { input: { queue } },
      setQueueAttributes: { input: { queue, attributes: { VisibilityTimeout: '40' } } },
      createQueue: { input: { queue: `${queue}-new` } },
      purgeQueue: { input: { queue } },
      deleteQueue: {
        input: { queue: `${queue}-old` },
        before: (db) => db.$.execute('createQueue', { queue: `${queue}-old` }),
      },
      startRedrive: { input: { sourceArn, messagesPerSecond: 10 } },
      listRedrives: { input: { sourceArn } },
      cancelRedrive: { input: { taskHandle: 'task-1' } },
    },
    provocations: {
      getQueueUrl: { not_found: missing },
      getQueueAttributes: { not_found: missing },
      setQueueAttributes: { not_found: { input: { queue: 'missing', attributes: { VisibilityTimeout: '40' } } } },
      createQueue: { already_exists: { input: { queue, attributes: { VisibilityTimeout: '77' } } } },
      purgeQueue: { not_found: missing },
      deleteQueue: { not_found: missing },
      startRedrive: { not_found: missingArn },
      listRedrives: { not_found: missingArn },
      cancelRedrive: { not_found: { input: { taskHandle: 'missing' } } },
      'messages.listen': { not_found: missing },
      'messages.write': { not_found: { input: { queue: 'missing', records: [{ body: 1 }] } } },
    },
    wrongCredentials: notApplicable('The emulator checks no signature.'),
    withSecret: ({ config }, secret) => ({
      ...config,
      credentials: { kind: 'static', accessKeyId: 'AKIDTEST', secretAccessKey: secret },
    }),
    at: ({ config }, { host, port, secure }) => ({
      ...config,
      endpoint: `${secure ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`,
    }),
    echo: notApplicable('Messages are read by listening.'),
    streams: {
      messages: {
        write: {
          input: { queue },
          record: (number) => ({ body: { number } }),
          poison: { body: 'x'.repeat(1_048_577) },
          async stored(_db: DrivenConnection, target, numbers) {
            const found = await bodiesOf(worldOf(target))
            return numbers.map((number) => found.filter((one) => one === number).length)
          },
        },
        listen: {
          input: { queue, decode: 'json', waitSeconds: 1, visibilitySeconds: 2 },
          // What was on its way when the connection was cut stays hidden for that long.
          patienceMs: 8_000,
          async send(target, numbers) {
            const { cloud, url } = worldOf(target)
            for (const number of numbers)
              await cloud.admin.send(new SendMessageCommand({ QueueUrl: url, MessageBody: JSON.stringify({ number }) }))
          },
          numberOf: (event) => (event as { body: { number: number } }).body.number,
          unacknowledged: (target) => worldOf(target).cloud.held(queue),
          deadLettered: (target) => worldOf(target).cloud.held(`${queue}-dead`),
          disconnect: (target) => worldOf(target).front.cut(),
          silence: notApplicable('A request without an answer ends by timeouts.readMs.'),
        },
      },
    },
  })
})

/** The numbers in the messages of the queue. */
async function bodiesOf({ cloud, url }: World): Promise<number[]> {
  const found: number[] = []
  for (;;) {
    const { Messages = [] } = await cloud.admin.send(
      new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10, VisibilityTimeout: 60 }),
    )
    if (Messages.length === 0) return found
    for (const { Body = '' } of Messages) found.push((JSON.parse(Body) as { number: number }).number)
  }
}
