import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs'
import { describeWithPeer } from '../../../../tools/peers/src/index.ts'
import { sqs, type Message } from '../src/index.ts'
import { cloudAt, type Cloud } from './support.ts'

const large = { text: 'ü'.repeat(1_500_000), number: 7 }
const pointerClass = 'software.amazon.payloadoffloading.PayloadS3Pointer'

await describeWithPeer('fauxqs', {}, (peer) => {
  const bucket = `casare-test-${randomBytes(6).toString('hex')}`
  let s3: S3Client
  let cloud: Cloud
  let queue: string
  let queues: ReturnType<typeof sqs>

  const configAt = (endpoint: string, s3Endpoint: string) =>
    ({
      region: 'us-east-1',
      endpoint,
      credentials: { kind: 'static', accessKeyId: 'AKIDTEST', secretAccessKey: 'the-secret-of-the-test' },
      s3: { endpoint: s3Endpoint, forcePathStyle: true },
      resilience: { retry: { maxAttempts: 1 } },
    }) as const
  const kept = async (): Promise<string[]> =>
    ((await s3.send(new ListObjectsV2Command({ Bucket: bucket }))).Contents ?? []).map(({ Key = '' }) => Key)
  const urlOf = (name: string): string => `${peer().url}/000000000000/${name}`
  const receive = async (name: string) =>
    (
      await cloud.admin.send(
        new ReceiveMessageCommand({ QueueUrl: urlOf(name), MessageAttributeNames: ['All'], VisibilityTimeout: 0 }),
      )
    ).Messages?.[0]
  const listening = { waitSeconds: 1, visibilitySeconds: 2 }
  /** The first message that is handled. */
  const first = async (claimCheck: object): Promise<Message> => {
    const { promise, resolve } = Promise.withResolvers<Message>()
    const subscription = queues.messages.listen(
      { queue, ...listening, claimCheck: { bucket, ...claimCheck } },
      (event) => {
        resolve(event)
        return Promise.resolve()
      },
    )
    const event = await promise
    await subscription.stop()
    return event
  }
  const until = async (holds: () => Promise<boolean>): Promise<void> => {
    for (let round = 0; round < 100; round += 1) {
      if (await holds()) return
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    throw new Error('it never came to hold')
  }

  beforeAll(async () => {
    s3 = new S3Client({
      region: 'us-east-1',
      endpoint: peer().url,
      forcePathStyle: true,
      credentials: { accessKeyId: 'AKIDTEST', secretAccessKey: 'the-secret-of-the-test' },
    })
    await s3.send(new CreateBucketCommand({ Bucket: bucket }))
  })
  afterAll(() => s3.destroy())
  beforeEach(async () => {
    cloud = await cloudAt(peer().url)
    queue = await cloud.make('standard')
    queues = sqs(configAt(peer().url, peer().url))
  })
  afterEach(async () => {
    await queues.close()
    await cloud.close()
  })

  test("a large message points to its payload as Amazon's library writes it, and comes back whole", async () => {
    const claimCheck = { bucket, prefix: 'sent/' }
    const records = [{ body: large, attributes: { kind: 'order' } }, { body: 'small' }]
    expect(await queues.messages.write(records, { queue, claimCheck })).toMatchObject({ succeeded: 2, failed: [] })
    const keys = await kept()
    expect(keys).toEqual([expect.stringMatching(/^sent\/[\w-]{36}$/)])
    const bodies: unknown[] = []
    for (let count = 0; count < 2; count += 1) {
      const subscription = queues.messages.listen(
        { queue, ...listening, claimCheck: { bucket, deleteAfterAck: false } },
        ({ body, attributes }) => {
          bodies.push(body)
          if (typeof body === 'object') expect(attributes).toEqual({ kind: 'order' })
          return Promise.resolve()
        },
      )
      await until(async () => bodies.length === 2)
      await subscription.stop()
    }
    expect(bodies).toEqual(expect.arrayContaining([large, 'small']))
    expect(await kept()).toEqual(keys)
  })

  test('what is on the wire is what others read', async () => {
    await queues.messages.write([{ body: large }], { queue, claimCheck: { bucket, prefix: 'wire/' } })
    const message = await receive(queue)
    const text = JSON.stringify(large)
    expect(JSON.parse(message?.Body ?? '')).toEqual([
      pointerClass,
      { s3BucketName: bucket, s3Key: expect.stringMatching(/^wire\//) },
    ])
    expect(message?.MessageAttributes?.['ExtendedPayloadSize']).toMatchObject({
      DataType: 'Number',
      StringValue: String(Buffer.byteLength(text)),
    })
    const [, { s3Key }] = JSON.parse(message?.Body ?? '') as [string, { s3Key: string }]
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: s3Key }))
    expect(await Body?.transformToString()).toBe(text)
  })

  test.each(['ExtendedPayloadSize', 'SQSLargePayloadSize'])(
    'a pointer of another library (%s) is followed, and its payload goes after the message',
    async (name) => {
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key: `theirs/${name}`, Body: 'their payload' }))
      await cloud.admin.send(
        new SendMessageCommand({
          QueueUrl: urlOf(queue),
          MessageBody: JSON.stringify([pointerClass, { s3BucketName: bucket, s3Key: `theirs/${name}` }]),
          MessageAttributes: { [name]: { DataType: 'Number', StringValue: '13' } },
        }),
      )
      const event = await first({ prefix: 'theirs/' })
      expect(event).toMatchObject({ body: 'their payload', attributes: {} })
      expect(await kept()).not.toContain(`theirs/${name}`)
      expect(await cloud.held(queue)).toBe(0)
    },
  )

  test.each([
    ['outside the prefix', 'secret/salaries', {}],
    ['that is gone', 'theirs/gone', {}],
    ['that is too large', 'theirs/large', { maxBytes: 3 }],
  ])('a payload %s is put aside with its message, unread', async (_which, key, settings) => {
    if (!key.endsWith('gone')) await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: 'much' }))
    await cloud.admin.send(
      new SendMessageCommand({
        QueueUrl: urlOf(queue),
        MessageBody: JSON.stringify([pointerClass, { s3BucketName: bucket, s3Key: key }]),
        MessageAttributes: { ExtendedPayloadSize: { DataType: 'Number', StringValue: '4' } },
      }),
    )
    let handled = 0
    const claimCheck = { bucket, prefix: 'theirs/', ...settings }
    const subscription = queues.messages.listen({ queue, ...listening, claimCheck }, () => {
      handled += 1
      return Promise.resolve()
    })
    await until(async () => (await cloud.held(cloud.deadOf(queue))) === 1)
    await subscription.stop()
    expect(handled).toBe(0)
    if (!key.endsWith('gone')) expect(await kept()).toContain(key)
  })

  test('a message that comes again keeps its payload until it is handled', async () => {
    await queues.messages.write([{ body: large }], { queue, claimCheck: { bucket, prefix: 'again/' } })
    let times = 0
    const subscription = queues.messages.listen({ queue, ...listening, claimCheck: { bucket } }, async ({ body }) => {
      times += 1
      expect(body).toEqual(large)
      if (times === 1) throw new Error('not yet')
    })
    await until(async () => times === 2 && !(await kept()).some((key) => key.startsWith('again/')))
    await subscription.stop()
  })

  test('what the queue refuses leaves no payload; of what may have been sent the payload is named', async () => {
    let answer: (entry: { Id: string }) => object | undefined = () => undefined
    const front: Server = createServer((request, response) => {
      let text = ''
      request.on('data', (chunk: Buffer) => (text += chunk.toString()))
      request.on('end', () => {
        const failed = answer(JSON.parse(text).Entries[0])
        if (failed === undefined) response.destroy()
        else response.setHeader('content-type', 'application/x-amz-json-1.0').end(JSON.stringify({ Failed: [failed] }))
      })
    })
    await new Promise<void>((resolve) => void front.listen(0, '127.0.0.1', resolve))
    const cut = sqs(configAt(`http://127.0.0.1:${(front.address() as AddressInfo).port}`, peer().url))
    const claimCheck = { bucket, prefix: 'failed/' }
    try {
      answer = ({ Id }) => ({ Id, Code: 'InvalidMessageContents', SenderFault: true, Message: 'no' })
      const refused = await cut.messages.write([{ body: large }], { queue: urlOf(queue), claimCheck })
      expect(refused.failed[0]?.error).toMatchObject({ code: 'invalid_input' })
      expect((await kept()).filter((key) => key.startsWith('failed/'))).toEqual([])
      answer = () => undefined
      const lost = await cut.messages.write([{ body: large }], { queue: urlOf(queue), claimCheck })
      const [key] = (await kept()).filter((one) => one.startsWith('failed/'))
      expect(key).toBeDefined()
      expect(lost.failed[0]?.error.message).toContain(`s3://${bucket}/${key}`)
    } finally {
      await cut.close()
      front.closeAllConnections()
      await new Promise((resolve) => front.close(resolve))
    }
  })

  test('without claimCheck a large message is refused, and a bucket that is missing is told', async () => {
    const without = await queues.messages.write([{ body: large }], { queue })
    expect(without.failed[0]?.error).toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining('claimCheck'),
    })
    const missing = await queues.messages.write([{ body: large }], { queue, claimCheck: { bucket: 'no-such-bucket' } })
    expect(missing.failed[0]?.error).toMatchObject({ code: 'not_found' })
    expect(await cloud.held(queue)).toBe(0)
  })
})
