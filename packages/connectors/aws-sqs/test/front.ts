import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Stands before the emulator and answers what that does not know (moves out of dead-letter queues) or calls by another name (a queue that is there). */
export async function frontOf(url: string) {
  const started: string[] = []
  const cancelled = new Set<string>()
  const actions: Readonly<Record<string, (input: Record<string, string>) => object | undefined>> = {
    StartMessageMoveTask({ SourceArn = '' }) {
      if (SourceArn.includes('missing')) return undefined
      started.push(SourceArn)
      return { TaskHandle: `task-${started.length}` }
    },
    ListMessageMoveTasks: ({ SourceArn = '' }) =>
      SourceArn.includes('missing')
        ? undefined
        : { Results: [{ Status: 'RUNNING', TaskHandle: 'task-1', ApproximateNumberOfMessagesMoved: 3 }] },
    CancelMessageMoveTask({ TaskHandle = '' }) {
      if (TaskHandle === 'missing') return undefined
      cancelled.add(TaskHandle)
      return { ApproximateNumberOfMessagesMoved: 3 }
    },
  }
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', async () => {
      const body = Buffer.concat(chunks)
      const known = actions[String(request.headers['x-amz-target']).split('.')[1] ?? '']
      response.setHeader('content-type', 'application/x-amz-json-1.0')
      if (known !== undefined) {
        const output = known(JSON.parse(body.toString()))
        const failure = { __type: 'com.amazonaws.sqs#ResourceNotFoundException', message: 'There is no such task.' }
        response.writeHead(output === undefined ? 400 : 200).end(JSON.stringify(output ?? failure))
        return
      }
      const headers = {
        'x-amz-target': String(request.headers['x-amz-target']),
        authorization: request.headers.authorization ?? '',
        'content-type': 'application/x-amz-json-1.0',
      }
      try {
        const answer = await fetch(url, { method: 'POST', headers, body })
        const text = await answer.text()
        const exists = text.includes('queue already exists')
        const code = exists ? 'QueueAlreadyExists;Sender' : answer.headers.get('x-amzn-query-error')
        response.writeHead(answer.status, code === null ? {} : { 'x-amzn-query-error': code })
        response.end(
          exists ? JSON.stringify({ ...JSON.parse(text), __type: 'com.amazonaws.sqs#QueueNameExists' }) : text,
        )
      } catch {
        response.destroy()
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    /** ARNs of the queues whose moves were started, and handles of moves that were cancelled. */
    started,
    cancelled,
    address: { host: '127.0.0.1', port: (server.address() as AddressInfo).port },
    cut: () => server.closeAllConnections(),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
