import { pipeline, type Pipeline } from '@casare/resilience'
import type { OpenContext } from '../contract/connector.ts'
import type { LogConfig, TimeoutConfig, UniformConfig } from '../contract/uniform-config.ts'
import { invalidInput } from '../errors/connector-error.ts'
import { EgressGuard } from '../transport/egress-guard.ts'
import { channels } from '../telemetry/channels.ts'
import { requestLogger, type RequestLogger } from '../telemetry/request-log.ts'
import type { AnySpec, ConnectionConfig } from './connection-config.ts'
import { ClientHolder } from './client-holder.ts'
import type { SecretHandles } from './secret-handles.ts'

const defaultTimeouts = { connectMs: 10_000, readMs: 60_000, writeMs: 60_000 }

/** Where a call gets its client from: the connection's holder, or a session's scope. */
export interface ClientSource {
  readonly current: unknown
  get(signal?: AbortSignal): Promise<unknown>
  enter(): void
  leave(): void
}

/** Everything the calls of one connection share. A session's scope is the same with another client and no retries. */
export interface Runtime {
  readonly spec: AnySpec
  readonly config: ConnectionConfig
  readonly source: ClientSource
  readonly holder: ClientHolder<unknown>
  readonly policies: Pipeline | undefined
  /** Inside a session a failed call is never repeated: the scope decides. */
  readonly scoped: boolean
  readonly log: RequestLogger | undefined
  readonly fileRoots: readonly string[]
  readonly callMs: number | undefined
  readonly readOnly: 'server' | 'refuse' | undefined
  readonly handles: SecretHandles
}

/** Builds the runtime of one connection; nothing is opened yet. */
export function createRuntime(spec: AnySpec, config: ConnectionConfig, handles: SecretHandles): Runtime {
  const { uniform, redactor } = config
  const timeouts = timeoutsOf(spec.timeouts, uniform.timeouts)
  const openContext: Omit<OpenContext, 'signal'> = {
    pool: uniform.pool ?? {},
    timeouts,
    tls: uniform.tls ?? {},
    readOnly: uniform.readOnly ?? false,
    egress: uniform.egress === undefined ? undefined : new EgressGuard(uniform.egress),
    redactor,
    event(name, detail) {
      if (channels.event.hasSubscribers) channels.event.publish({ connector: spec.name, name, detail })
    },
  }
  const holder = new ClientHolder<unknown>(
    async (signal): Promise<unknown> =>
      config.adopted === undefined
        ? spec.open(config.vendor, { ...openContext, signal })
        : spec.adopt?.(config.adopted.client),
    (client) => (config.adopted === undefined ? spec.close?.(client) : undefined),
  )
  return {
    spec,
    config,
    source: holder,
    holder,
    policies: policiesOf(spec, uniform.resilience),
    scoped: false,
    log: loggerFor(uniform.log),
    fileRoots: uniform.files?.roots ?? [],
    callMs: timeouts.callMs,
    readOnly: uniform.readOnly === true ? (spec.uses?.includes('readOnly') === true ? 'server' : 'refuse') : undefined,
    handles,
  }
}

function policiesOf(spec: AnySpec, resilience: UniformConfig['resilience']): Pipeline | undefined {
  if (resilience === false) return undefined
  try {
    return pipeline(resilience)
  } catch (error) {
    throw invalidInput(`${spec.name} config: resilience: ${(error as Error).message}.`, error)
  }
}

/** The first limit that is stated: by the user, by the connector, by us. */
function timeoutsOf(spec: TimeoutConfig = {}, user: TimeoutConfig = {}): OpenContext['timeouts'] {
  return {
    connectMs: user.connectMs ?? spec.connectMs ?? defaultTimeouts.connectMs,
    readMs: user.readMs ?? spec.readMs ?? defaultTimeouts.readMs,
    writeMs: user.writeMs ?? spec.writeMs ?? defaultTimeouts.writeMs,
    callMs: user.callMs ?? spec.callMs,
  }
}

/** The runtime inside a session: its client, no retries, the connection's everything else. */
export function scopedRuntime(runtime: Runtime, client: unknown): Runtime {
  const source: ClientSource = { current: client, get: () => Promise.resolve(client), enter() {}, leave() {} }
  return { ...runtime, source, scoped: true }
}

function loggerFor(log: LogConfig | undefined): RequestLogger | undefined {
  return log === undefined || log === false ? undefined : requestLogger(log)
}
