import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from '@jest/globals'
import { lambda } from '../src/index.ts'

/** Lambda as far as these tests go (https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html). */
async function server() {
  const invocations: { name: string; headers: IncomingHttpHeaders; body: string }[] = []
  const listening = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      const path = new URL(request.url ?? '', 'http://here').pathname
      const name = decodeURIComponent(path.split('/')[3] ?? '')
      if (request.method === 'GET' && name === '')
        return response.end(
          JSON.stringify({
            Functions: [
              { FunctionName: 'price', FunctionArn: 'arn:price', Environment: { Variables: { TOKEN: 'hidden' } } },
            ],
          }),
        )
      if (name === 'missing') {
        response.writeHead(404, { 'x-amzn-errortype': 'ResourceNotFoundException' })
        return response.end(JSON.stringify({ Type: 'User', Message: 'Function not found' }))
      }
      if (request.method === 'GET')
        return response.end(JSON.stringify({ FunctionName: name, FunctionArn: `arn:${name}`, MemorySize: 128 }))
      invocations.push({ name, headers: request.headers, body })
      const kind = request.headers['x-amz-invocation-type']
      if (kind === 'Event') return response.writeHead(202).end()
      if (kind === 'DryRun') return response.writeHead(204).end()
      if (name === 'cut') return response.destroy()
      if (name === 'broken') {
        response.setHeader('x-amz-function-error', 'Unhandled')
        return response.end(
          JSON.stringify({
            errorType: 'TypeError',
            errorMessage: 'no item',
            trace: ['TypeError: no item', 'at price.js:1'],
          }),
        )
      }
      if (request.headers['x-amz-log-type'] === 'Tail')
        response.setHeader('x-amz-log-result', Buffer.from('START\nEND\n').toString('base64'))
      response.end(JSON.stringify({ echoed: body === '' ? null : JSON.parse(body) }))
    })
  })
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  const compute = lambda({
    region: 'us-east-1',
    endpoint: `http://127.0.0.1:${(listening.address() as AddressInfo).port}`,
    credentials: { kind: 'static', accessKeyId: 'AKIDTEST', secretAccessKey: 'the-secret-of-the-test' },
  })
  return {
    invocations,
    compute,
    async [Symbol.asyncDispose]() {
      await compute.close()
      listening.closeAllConnections()
      await new Promise((resolve) => listening.close(resolve))
    },
  }
}

describe('invoke', () => {
  test('answers with what the function answers, and its log', async () => {
    await using world = await server()
    expect(await world.compute.invoke({ function: 'price', payload: { item: 7 }, logTail: true })).toMatchObject({
      status: 200,
      payload: { echoed: { item: 7 } },
      log: 'START\nEND\n',
    })
  })

  test('a function that fails has run: its error and stack are in the answer', async () => {
    await using world = await server()
    const { functionError, payload } = await world.compute.invoke({ function: 'broken' })
    expect(functionError).toEqual({
      kind: 'Unhandled',
      type: 'TypeError',
      message: 'no item',
      stack: ['TypeError: no item', 'at price.js:1'],
    })
    expect(payload).toBeUndefined()
  })

  test('events and dry runs', async () => {
    await using world = await server()
    expect(await world.compute.invoke({ function: 'price', kind: 'event', payload: 1 })).toMatchObject({ status: 202 })
    expect(await world.compute.invoke({ function: 'price', kind: 'dryRun' })).toMatchObject({ status: 204 })
  })

  test('what is too large is not sent', async () => {
    await using world = await server()
    const payload = 'x'.repeat(1_048_576)
    const event = world.compute.invoke({ function: 'price', kind: 'event', payload })
    await expect(event).rejects.toMatchObject({ code: 'invalid_input', applied: 'no' })
    await expect(world.compute.invoke({ function: 'price', payload: 'x'.repeat(6_291_456) })).rejects.toMatchObject({
      code: 'invalid_input',
    })
    expect(world.invocations).toHaveLength(0)
    expect(await world.compute.invoke({ function: 'price', payload })).toMatchObject({ status: 200 })
  })

  test('an invocation that was cut is not repeated, unless its effect is stated', async () => {
    await using world = await server()
    const cut = world.compute.invoke({ function: 'cut' })
    await expect(cut).rejects.toMatchObject({ applied: 'maybe', retryable: false })
    expect(world.invocations).toHaveLength(1)
    await expect(world.compute.invoke({ function: 'cut' }, { effect: 'idempotent' })).rejects.toMatchObject({
      applied: 'maybe',
    })
    expect(world.invocations.length).toBeGreaterThan(2)
  })

  test('a function that is not there', async () => {
    await using world = await server()
    await expect(world.compute.invoke({ function: 'missing' })).rejects.toMatchObject({
      code: 'not_found',
      applied: 'no',
    })
  })
})

test('functions are listed and described, without their environment', async () => {
  await using world = await server()
  expect(await world.compute.getFunction({ function: 'price' })).toMatchObject({ name: 'price', memoryMb: 128 })
  await expect(world.compute.getFunction({ function: 'missing' })).rejects.toMatchObject({ code: 'not_found' })
  const found: unknown[] = []
  for await (const one of world.compute.functions.read({})) found.push(one)
  expect(found).toMatchObject([{ name: 'price' }])
  expect(JSON.stringify(found)).not.toContain('hidden')
})
