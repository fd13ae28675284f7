import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { CheckResult } from '@casare/testing'

interface Pending {
  readonly name: string
  readonly body: () => Promise<void>
}

/**
 * Runs a file of tests without a test runner and collects what its suites tell on the diagnostics channel: the same file
 * that `npm test` runs.
 * @param file URL of the file
 */
export async function collect(file: string): Promise<CheckResult[]> {
  const results: CheckResult[] = []
  const pending: Pending[] = []
  const listen = (message: unknown): void => void results.push(message as CheckResult)
  const before = { ...(globalThis as { describe?: unknown; test?: unknown }) }
  Object.assign(globalThis, {
    describe: (_name: string, body: () => void) => body(),
    test: (name: string, body: () => Promise<void>) => void pending.push({ name, body }),
  })
  subscribe('casare:conformance', listen)
  try {
    await import(file)
    for (const { body } of pending) await body().catch(() => undefined)
  } finally {
    unsubscribe('casare:conformance', listen)
    Object.assign(globalThis, { describe: before.describe, test: before.test })
  }
  if (results.length !== pending.length)
    throw new Error(
      `${file}: ${pending.length} tests, ${results.length} results: use the suites of @casare/testing only.`,
    )
  return results
}
