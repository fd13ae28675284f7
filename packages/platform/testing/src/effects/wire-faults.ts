import type { Fault } from '../faults/fault.ts'
import type { FaultProxy } from '../faults/fault-proxy.ts'

/** What goes wrong on the wire, and whether the connection must be fresh for it. */
export interface WireFault {
  readonly name: string
  readonly faults: readonly Fault[]
  /** Reset what stands just before the call, so that a pooled connection is stale. */
  readonly stale?: boolean | undefined
}

/** A fault at each step of a call that takes this many bytes each way. */
export function wireFaults(requestBytes: number, responseBytes: number): WireFault[] {
  const places = (total: number): number[] =>
    [...new Set([0, 1, Math.floor(total / 3), Math.floor(total / 2), total - 1])].filter((at) => at >= 0)
  return [
    ...places(requestBytes).map((afterBytes) => ({
      name: `reset after ${afterBytes} of ${requestBytes} bytes of the request`,
      faults: [{ kind: 'reset', direction: 'request', afterBytes } as const],
    })),
    { name: 'cut after the commit, before the answer', faults: [{ kind: 'cut' }] },
    { name: 'cut twice after the commit', faults: [{ kind: 'cut', times: 2 }] },
    { name: 'cut each time after the commit', faults: [{ kind: 'cut', times: Infinity }] },
    ...places(responseBytes)
      .slice(1)
      .map((afterBytes) => ({
        name: `reset after ${afterBytes} of ${responseBytes} bytes of the answer`,
        faults: [{ kind: 'reset', direction: 'response', afterBytes } as const],
      })),
    { name: 'the answer disappears', faults: [{ kind: 'half-open' }] },
    { name: 'the request disappears', faults: [{ kind: 'half-open', direction: 'request' }] },
    { name: 'the answer is garbled', faults: [{ kind: 'corrupt', share: 1 }] },
    { name: 'a stale connection', faults: [], stale: true },
    { name: 'refused', faults: [{ kind: 'refuse' }] },
  ]
}

/** Storms of HTTP answers, before the server has seen the request. */
export const stormFaults: readonly WireFault[] = [
  { name: '429 once', faults: [{ kind: 'http-storm', status: 429, times: 1 }] },
  { name: '503 once', faults: [{ kind: 'http-storm', status: 503, times: 1 }] },
  { name: '503 without end', faults: [{ kind: 'http-storm', status: 503 }] },
  {
    name: '503 once, then cut after the commit',
    faults: [{ kind: 'http-storm', status: 503, times: 1 }, { kind: 'cut' }],
  },
]

/** Puts a fault in its place. */
export async function armWire(proxy: FaultProxy, { faults, stale }: WireFault): Promise<void> {
  if (stale === true) proxy.resetConnections()
  await proxy.arm(...faults)
}
