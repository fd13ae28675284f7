import { describe, expect, test } from '@jest/globals'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { sqs } from '../src/index.ts'

/** SQS as far as sending goes; says no to single entries, which the emulator never does. */
async function server(refuse: (body: string, attempt: number) => object | undefined) {
  const batches: string[][] = []
  const attempts = new Map<string, number>()
  const listening = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk: Buffer) => (text += chunk.toString()))
    request.on('end', () => {
      const action = String(request.headers['x-amz-target']).split('.')[1]
      const input = JSON.parse(text)
      response.setHeader('content-type', 'application/x-amz-json-1.0')
      if (action !== 'SendMessageBatch') {
        response.end(JSON.stringify({ action, ...input, TaskHandle: 'task-1', ApproximateNumberOfMessagesMoved: 7 }))
        return
      }
      batches.push(input.Entries.map((entry: { MessageBody: string }) => entry.MessageBody))
      const Failed: object[] = []
      for (const { Id, MessageBody } of input.Entries) {
        const attempt = (attempts.get(MessageBody) ?? 0) + 1
        attempts.set(MessageBody, attempt)
        const failure = refuse(MessageBody, attempt)
        if (failure !== undefined) Failed.push({ Id, ...failure })
      }
      response.end(JSON.stringify({ Successful: [], Failed }))
    })
  })
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  const endpoint = `http://127.0.0.1:${(listening.address() as AddressInfo).port}`
  const credentials = { kind: 'static', accessKeyId: 'AKIDTEST', secretAccessKey: 'the-secret-of-the-test' } as const
  const queues = sqs({ region: 'us-east-1', endpoint, credentials, resilience: { retry: { baseMs: 1, capMs: 1 } } })
  return {
    batches,
    attempts,
    queues,
    queue: 'https://sqs.us-east-1.amazonaws.com/123456789012/orders',
    async [Symbol.asyncDispose]() {
      await queues.close()
      listening.closeAllConnections()
      await new Promise((resolve) => listening.close(resolve))
    },
  }
}

const numbered = (count: number) => Array.from({ length: count }, (_, number) => ({ body: `message ${number}` }))

describe('sending', () => {
  test('single messages of one moment share a request', async () => {
    await using world = await server(() => undefined)
    const { queues, queue, batches } = world
    await Promise.all(numbered(25).map((message) => queues.messages.write([message], { queue })))
    expect(batches.map((batch) => batch.length).sort()).toEqual([10, 10, 5])
  })

  test('a batch keeps to 1 MiB', async () => {
    await using world = await server(() => undefined)
    const { queues, queue, batches } = world
    const records = Array.from({ length: 6 }, (_, number) => ({ body: String(number).repeat(400_000) }))
    expect(await queues.messages.write(records, { queue })).toMatchObject({ succeeded: 6 })
    expect(batches.map((batch) => batch.length)).toEqual([2, 2, 2])
  })

  test('what is refused as it is fails alone and is not sent again', async () => {
    await using world = await server((body) =>
      body === 'message 3' ? { SenderFault: true, Code: 'InvalidMessageContents', Message: 'not this' } : undefined,
    )
    const { queues, queue, attempts } = world
    const { succeeded, failed } = await queues.messages.write(numbered(12), { queue })
    expect(succeeded).toBe(11)
    expect(failed).toMatchObject([
      { index: 3, error: { code: 'invalid_input', applied: 'no', message: 'Amazon SQS: not this.' } },
    ])
    expect([...attempts.values()]).toEqual(Array(12).fill(1))
  })

  test('what was throttled is sent again, alone', async () => {
    await using world = await server((body, attempt) =>
      body === 'message 3' && attempt === 1
        ? { SenderFault: false, Code: 'RequestThrottled', Message: 'slower' }
        : undefined,
    )
    const { queues, queue, batches } = world
    expect(await queues.messages.write(numbered(10), { queue })).toEqual({ succeeded: 10, failed: [] })
    expect(batches.map((batch) => batch.length)).toEqual([10, 1])
  })

  test('of what the service lost nobody knows whether it was sent: it is not sent twice', async () => {
    await using world = await server((body) =>
      body === 'message 3' ? { SenderFault: false, Code: 'InternalError', Message: 'lost' } : undefined,
    )
    const { queues, queue, attempts } = world
    const { failed } = await queues.messages.write(numbered(10), { queue })
    expect(failed).toMatchObject([{ index: 3, error: { applied: 'maybe', retryable: false } }])
    expect(attempts.get('message 3')).toBe(1)
  })
})

describe('redrive', () => {
  const sourceArn = 'arn:aws:sqs:us-east-1:123456789012:orders-dead'

  test('is started with a rate, and cancelled', async () => {
    await using world = await server(() => undefined)
    expect(await world.queues.startRedrive({ sourceArn, messagesPerSecond: 50 })).toEqual({ taskHandle: 'task-1' })
    expect(await world.queues.cancelRedrive({ taskHandle: 'task-1' })).toEqual({ moved: 7 })
  })
})
