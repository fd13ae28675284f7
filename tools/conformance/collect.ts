import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { CheckResult } from '@casare/testing'

interface Pending {
  readonly name: string
  readonly body: () => Promise<void>
}

type Hook = () => unknown

/**
 * Runs a file of tests without a test runner and collects what its suites tell on the diagnostics channel: the same file
 * that `npm test` runs.
 * @param file URL of the file
 */
export async function collect(file: string): Promise<CheckResult[]> {
  const results: CheckResult[] = []
  const pending: Pending[] = []
  const listen = (message: unknown): void => void results.push(message as CheckResult)
  const starting: Hook[] = []
  const ending: Hook[] = []
  const runner = {
    describe: Object.assign((_name: string, body: () => void) => body(), { skip: () => undefined }),
    test: (name: string, body: () => Promise<void>) => void pending.push({ name, body }),
    beforeAll: (hook: Hook) => void starting.push(hook),
    afterAll: (hook: Hook) => void ending.push(hook),
  }
  const before = Object.fromEntries(Object.keys(runner).map((name) => [name, Reflect.get(globalThis, name) as unknown]))
  Object.assign(globalThis, runner)
  subscribe('casare:conformance', listen)
  try {
    await import(file)
    for (const hook of starting) await hook()
    for (const { body } of pending) await body().catch(() => undefined)
  } finally {
    for (const hook of ending) await hook()
    unsubscribe('casare:conformance', listen)
    Object.assign(globalThis, before)
  }
  if (results.length !== pending.length)
    throw new Error(
      `${file}: ${pending.length} tests, ${results.length} results: use the suites of @casare/testing only.`,
    )
  return results
}
