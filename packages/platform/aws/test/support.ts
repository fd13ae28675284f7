import { Redactor } from '@casare/core'
import type { AwsOpenContext } from '@casare/aws'

/** What core would hand to `open`, with a list of the events raised. */
export function openContext(changes: Partial<AwsOpenContext> = {}): AwsOpenContext & { readonly events: string[] } {
  const events: string[] = []
  return {
    tls: {},
    pool: {},
    timeouts: { connectMs: 2_000, readMs: 5_000, writeMs: 5_000 },
    redactor: new Redactor(),
    event: (name) => events.push(name),
    events,
    ...changes,
  }
}

/** A JSON error as services of the AWS JSON protocols give it. */
export function failure(name: string, status: number, headers: Record<string, string> = {}) {
  return {
    status,
    headers: { 'x-amzn-requestid': 'request-1', ...headers },
    body: JSON.stringify({ __type: `com.amazonaws#${name}`, message: `${name} it is` }),
  }
}
