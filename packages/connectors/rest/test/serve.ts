import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { rest, type RestConfig } from '../src/index.ts'
import type { UniformConfig } from '@casare/core'

const closers: (() => Promise<unknown>)[] = []

/** For `afterEach`. */
export async function closeAll(): Promise<void> {
  for (const close of closers.splice(0).reverse()) await close()
}

export function onClose(close: () => Promise<unknown>): void {
  closers.push(close)
}

/** An HTTP server on loopback; gives its origin. */
export async function serve(answer: (request: IncomingMessage, response: ServerResponse) => unknown): Promise<string> {
  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onClose(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A connection that waits little before it repeats. */
export function connectTo(baseUrl: string, config: Partial<RestConfig & UniformConfig> = {}) {
  const api = rest({ baseUrl, resilience: { retry: { baseMs: 1, overloadBaseMs: 1 } }, ...config })
  onClose(() => api.close())
  return api
}

/** The error that a promise ends with; fails the test where it does not. */
export async function failureOf(promise: Promise<unknown>): Promise<Record<string, unknown> & { message: string }> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  )
  if ('error' in outcome) return outcome.error as Record<string, unknown> & { message: string }
  throw new Error(`expected a failure, got ${JSON.stringify(outcome.value)?.slice(0, 200)}`)
}
