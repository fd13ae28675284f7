import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import {
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  InvokeCommand,
  InvokeWithResponseStreamCommand,
  LambdaClient,
  ListFunctionsCommand,
} from '@aws-sdk/client-lambda'
import { awsLambda, type AwsLambda } from '../src/index.ts'

/** The simulator is what Amazon's own client takes for Lambda. */
let lambda: AwsLambda
let client: LambdaClient
const clientOf = (credentials: { accessKeyId: string; secretAccessKey: string }, more: object = {}): LambdaClient =>
  new LambdaClient({ region: lambda.region, endpoint: lambda.url, credentials, maxAttempts: 1, ...more })
const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString()

beforeEach(async () => {
  lambda = await awsLambda()
  client = clientOf(lambda.identity)
})
afterEach(async () => {
  client.destroy()
  await lambda.close()
})

describe('Invoke', () => {
  test('answers with what the function answers, and with its log', async () => {
    lambda.put('price', (event, { log, clientContext }) => {
      log('thinking')
      return { event, clientContext }
    })
    const answer = await client.send(
      new InvokeCommand({
        FunctionName: 'arn:aws:lambda:us-east-1:123456789012:function:price',
        Payload: Buffer.from('{"item":"ü"}'),
        LogType: 'Tail',
        ClientContext: Buffer.from('{"who":"me"}').toString('base64'),
      }),
    )
    expect(answer).toMatchObject({ StatusCode: 200, ExecutedVersion: '$LATEST' })
    expect(answer.FunctionError).toBeUndefined()
    expect(JSON.parse(text(answer.Payload))).toEqual({ event: { item: 'ü' }, clientContext: { who: 'me' } })
    expect(Buffer.from(answer.LogResult ?? '', 'base64').toString()).toMatch(/^START.*\nthinking\nEND.*\n$/)
  })

  test('the log is cut to its last 4 KB', async () => {
    lambda.put('loud', (_event, { log }) => log('x'.repeat(10_000)))
    const { LogResult = '' } = await client.send(new InvokeCommand({ FunctionName: 'loud', LogType: 'Tail' }))
    expect(Buffer.from(LogResult, 'base64')).toHaveLength(4_096)
  })

  test('events run later, dry runs not at all', async () => {
    const ran: unknown[] = []
    lambda.put('later', (event) => ran.push(event))
    const invoke = (InvocationType: 'Event' | 'DryRun') =>
      client.send(new InvokeCommand({ FunctionName: 'later', InvocationType, Payload: Buffer.from('1') }))
    expect(await invoke('DryRun')).toMatchObject({ StatusCode: 204 })
    expect(await invoke('Event')).toMatchObject({ StatusCode: 202 })
    expect(ran).toEqual([1])
    expect(lambda.invocations).toMatchObject([{ functionName: 'later', kind: 'Event', event: 1 }])
  })

  test('a function that throws has an error with its stack', async () => {
    lambda.put('broken', () => {
      throw new TypeError('no item')
    })
    const { FunctionError, Payload } = await client.send(new InvokeCommand({ FunctionName: 'broken' }))
    expect(FunctionError).toBe('Unhandled')
    expect(JSON.parse(text(Payload))).toMatchObject({
      errorType: 'TypeError',
      errorMessage: 'no item',
      trace: expect.arrayContaining([expect.stringContaining('aws-lambda.test.ts')]),
    })
  })

  test('an answer over 6 MB is an error of the function', async () => {
    lambda.put('large', () => 'x'.repeat(6_291_600))
    const { FunctionError, Payload } = await client.send(new InvokeCommand({ FunctionName: 'large' }))
    expect(FunctionError).toBe('Unhandled')
    expect(text(Payload)).toContain('Function.ResponseSizeTooLarge')
  })

  test.each([
    ['RequestResponse', 6_291_456],
    ['Event', 1_048_576],
  ] as const)('%s takes %d bytes and no more', async (InvocationType, limit) => {
    lambda.put('any', () => 1)
    const invoke = (bytes: number) =>
      client.send(new InvokeCommand({ FunctionName: 'any', InvocationType, Payload: Buffer.alloc(bytes, '1') }))
    await invoke(limit)
    await expect(invoke(limit + 1)).rejects.toMatchObject({
      name: 'RequestTooLargeException',
      $metadata: { httpStatusCode: 413 },
    })
  })

  test('more at once than reserved are throttled', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    lambda.put('slow', { handler: () => promise, reservedConcurrency: 1 })
    const one = client.send(new InvokeCommand({ FunctionName: 'slow' }))
    while (lambda.invocations.length === 0) await new Promise((next) => setTimeout(next, 5))
    await expect(client.send(new InvokeCommand({ FunctionName: 'slow' }))).rejects.toMatchObject({
      name: 'TooManyRequestsException',
      retryAfterSeconds: '1',
      $metadata: { httpStatusCode: 429 },
    })
    resolve()
    await one
    await client.send(new InvokeCommand({ FunctionName: 'slow' }))
  })

  test('what is no JSON, and a function that is not there', async () => {
    lambda.put('any', () => 1)
    await expect(
      client.send(new InvokeCommand({ FunctionName: 'any', Payload: Buffer.from('{') })),
    ).rejects.toMatchObject({ name: 'InvalidRequestContentException' })
    await expect(client.send(new InvokeCommand({ FunctionName: 'missing' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    })
  })
})

describe('InvokeWithResponseStream', () => {
  const streamed = async (FunctionName: string, LogType?: 'Tail') => {
    const { EventStream } = await client.send(new InvokeWithResponseStreamCommand({ FunctionName, LogType }))
    const chunks: string[] = []
    let end: object | undefined
    for await (const { PayloadChunk, InvokeComplete } of EventStream ?? []) {
      if (PayloadChunk !== undefined) chunks.push(text(PayloadChunk.Payload))
      end ??= InvokeComplete
    }
    return { chunks, end }
  }

  test('pieces arrive one by one, then the end with the log', async () => {
    lambda.put('pieces', async function* () {
      yield 'one'
      yield Buffer.from('two')
    })
    const { chunks, end } = await streamed('pieces', 'Tail')
    expect(chunks).toEqual(['one', 'two'])
    expect(end).toMatchObject({ LogResult: expect.any(String) })
    expect(end).not.toHaveProperty('ErrorCode')
  })

  test('a function that fails on the way says so at the end', async () => {
    lambda.put('pieces', async function* () {
      yield 'one'
      throw new RangeError('too far')
    })
    const { chunks, end } = await streamed('pieces')
    expect(chunks).toEqual(['one'])
    expect(end).toMatchObject({ ErrorCode: 'Unhandled', ErrorDetails: expect.stringContaining('too far') })
  })
})

describe('functions', () => {
  test('are described and listed, in pages', async () => {
    for (let number = 0; number < 60; number += 1) lambda.put(`f-${String(number).padStart(2, '0')}`, () => number)
    const { Configuration } = await client.send(new GetFunctionCommand({ FunctionName: 'f-07' }))
    expect(Configuration).toMatchObject({ FunctionName: 'f-07', State: 'Active' })
    expect(await client.send(new GetFunctionConfigurationCommand({ FunctionName: 'f-07' }))).toMatchObject({
      FunctionArn: 'arn:aws:lambda:us-east-1:123456789012:function:f-07',
    })
    await expect(client.send(new GetFunctionCommand({ FunctionName: 'missing' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    })
    for (const [MaxItems, pages] of [
      [undefined, 2],
      [7, 9],
    ] as const) {
      const names: unknown[] = []
      let Marker: string | undefined
      let count = 0
      do {
        const page = await client.send(new ListFunctionsCommand({ MaxItems, Marker }))
        names.push(...(page.Functions ?? []).map(({ FunctionName }) => FunctionName))
        Marker = page.NextMarker
        count += 1
      } while (Marker !== undefined)
      expect(new Set(names).size).toBe(60)
      expect(names).toHaveLength(60)
      expect(count).toBe(pages)
    }
  })
})

describe('signatures', () => {
  test.each([
    ['another secret', { secretAccessKey: 'another' }, {}, 'InvalidSignatureException'],
    ['another key', { accessKeyId: 'AKIDOTHER' }, {}, 'UnrecognizedClientException'],
    ['another region', {}, { region: 'eu-central-1' }, 'InvalidSignatureException'],
    ['a wrong clock', {}, { systemClockOffset: -3_600_000 }, 'InvalidSignatureException'],
  ])('%s: refused', async (_what, identity, more, name) => {
    lambda.put('any', () => 1)
    const stranger = clientOf({ ...lambda.identity, ...identity }, more)
    await expect(stranger.send(new InvokeCommand({ FunctionName: 'any' }))).rejects.toMatchObject({
      name,
      $metadata: { httpStatusCode: 403 },
    })
    expect(lambda.invocations).toEqual([])
    stranger.destroy()
  })

  test('none: refused', async () => {
    const answer = await fetch(`${lambda.url}/2015-03-31/functions/any/invocations`, { method: 'POST', body: '1' })
    expect(answer.status).toBe(403)
    expect(answer.headers.get('x-amzn-errortype')).toBe('MissingAuthenticationTokenException')
  })
})
