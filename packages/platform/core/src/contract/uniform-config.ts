import type { PipelineOptions } from '@casare/resilience'
import type { SecretInput } from '../secrets/secret.ts'
import type { EgressRules } from '../transport/egress-guard.ts'

/** Limits of the connection's own pool, where the connector has one. */
export interface PoolConfig {
  /** The most connections, 1 to 10,000. Default: the connector's. */
  readonly max?: number | undefined
  /** Connections kept open, 0 to `max`. Default 0. */
  readonly min?: number | undefined
  /** Closes a connection unused for this long, in milliseconds. */
  readonly idleMs?: number | undefined
  /** Closes a connection older than this at its next return, in milliseconds. */
  readonly maxLifetimeMs?: number | undefined
  /** The longest wait for a free connection, in milliseconds. Then `unavailable`, `applied: 'no'`. */
  readonly acquireMs?: number | undefined
}

/** Time limits, in milliseconds, 1 to 2^31-1 each. */
export interface TimeoutConfig {
  /** To establish a connection. Default 10,000. */
  readonly connectMs?: number | undefined
  /** Without a byte of the answer. Default 60,000. */
  readonly readMs?: number | undefined
  /** Without a byte of the request accepted. Default 60,000. */
  readonly writeMs?: number | undefined
  /** The whole call with its retries. Default: none for the call; an attempt still ends by `readMs` and `writeMs`. */
  readonly callMs?: number | undefined
}

/** Transport security. Verification is never switched off. */
export interface TlsConfig {
  /** Further certificate authorities, PEM. Default: Node's own list. */
  readonly ca?: string | readonly string[] | undefined
  /** Client certificate, PEM. */
  readonly cert?: string | undefined
  /** The client certificate's private key, PEM. */
  readonly key?: SecretInput | undefined
  /** The name the server's certificate must carry, where it differs from the host. */
  readonly serverName?: string | undefined
  /** Allows an unencrypted connection to a host that is not loopback; raises an event each time. */
  readonly insecure?: 'plaintext' | undefined
}

/** One line of the request log. */
export interface RequestLogLine {
  readonly connector: string
  readonly operation: string
  readonly attempt: number
  readonly durationMs: number
  readonly outcome: 'ok' | 'error'
  readonly code?: string | undefined
  readonly method?: string | undefined
  readonly host?: string | undefined
  readonly path?: string | undefined
  readonly status?: number | undefined
  readonly requestId?: string | undefined
}

/** `true` writes one JSON line per attempt to standard error; a function gets the line as data. Default off. */
export type LogConfig = boolean | ((line: RequestLogLine) => void)

/** What every connection takes, whatever the vendor. A connector names the parts that mean something to it. */
export interface UniformConfig {
  readonly pool?: PoolConfig | undefined
  readonly timeouts?: TimeoutConfig | undefined
  /** Policies of this connection, as plain data; `false` switches all of them off. Policy values may be shared. */
  readonly resilience?: PipelineOptions | false | undefined
  readonly tls?: TlsConfig | undefined
  readonly log?: LogConfig | undefined
  /** Folders that `{ file }` bodies may come from, and where large outputs of JSON faces are put. */
  readonly files?: { readonly roots?: readonly string[] | undefined; readonly spool?: string | undefined } | undefined
  /** Refuses every effect but `read`; enforced by the server where it can be. */
  readonly readOnly?: boolean | undefined
  /** Where the connection may lead to; `{}` means public addresses only. For addresses that come from a flow's or a model's input. */
  readonly egress?: EgressRules | undefined
  /** Parses each output against its schema; for tests and conformance. Default false. */
  readonly validateOutput?: boolean | undefined
}

/** The parts of the uniform config that a connector may leave out. */
export type OptionalUniform = 'pool' | 'tls' | 'readOnly' | 'egress'

/** What is allowed beside an adopted client. */
export type AdoptedConfig<Vendor> = { readonly client: Vendor } & Pick<
  UniformConfig,
  'resilience' | 'timeouts' | 'log' | 'files' | 'validateOutput'
>
