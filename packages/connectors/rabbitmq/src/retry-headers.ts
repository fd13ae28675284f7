/** What we write on a message that goes through a retry queue or is put aside; taken off again before a handler sees it. */
export const retryHeaders = {
  redeliveries: 'x-casare-redeliveries',
  exchange: 'x-casare-exchange',
  routingKey: 'x-casare-routing-key',
  /** On dead letters only. */
  reason: 'x-casare-reason',
  queue: 'x-casare-queue',
} as const

/** Headers that the broker adds on the way through a retry queue. */
const addedByBroker = /^x-(?:first-death-|last-death-|death$)/

/** The sender's own headers. */
export function ownHeaders(headers: Readonly<Record<string, unknown>> | undefined): Record<string, unknown> {
  const own: Record<string, unknown> = {}
  if (headers === undefined) return own
  const retried = headers[retryHeaders.redeliveries] !== undefined
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith('x-casare-') || (retried && addedByBroker.test(name))) continue
    if (name === '__proto__')
      Object.defineProperty(own, name, { value, enumerable: true, configurable: true, writable: true })
    else own[name] = value
  }
  return own
}

/** How often it was given back through retry queues, or by the count of a quorum queue. */
export function redeliveriesOf(headers: Readonly<Record<string, unknown>> | undefined): number {
  const ours = Number(headers?.[retryHeaders.redeliveries] ?? 0)
  const brokers = Number(headers?.['x-delivery-count'] ?? 0)
  return (Number.isFinite(ours) ? ours : 0) + (Number.isFinite(brokers) ? brokers : 0)
}
