import { isIP, type Socket } from 'node:net'
import { ConnectorError, networkFacts, Secret, type ErrorFacts, type OpenContext, type TlsConfig } from '@casare/core'
import type { ChannelModel, SocketOptions } from 'amqplib'
import type { RabbitmqAddress } from '../address.ts'
import { factsFor, notApplied } from '../errors.ts'

/** What each connection to one broker is made with. */
export interface DialSettings {
  readonly address: RabbitmqAddress
  readonly authentication: 'password' | 'certificate'
  readonly tls: TlsConfig
  readonly timeouts: OpenContext['timeouts']
  readonly egress: OpenContext['egress']
  /** Milliseconds, at least 1,000. */
  readonly heartbeatMs: number
  /** Shown by the broker's management pages. */
  readonly name: string
}

/** One connection of the driver. */
export interface Wire {
  readonly model: ChannelModel
  /** Ends it at once, without a word; whatever waits on it fails. */
  destroy(): void
}

/** Silent quarters of the heartbeat's interval after which the other side counts as gone. The broker speaks twice in each. */
const silentQuarters = 6

/**
 * Opens one connection and authenticates (https://amqp-node.github.io/amqplib/channel_api.html#connect). It never
 * reconnects by itself.
 * @throws with `applied: 'no'`: nothing of a call has been sent.
 */
export async function dial(settings: DialSettings, signal: AbortSignal): Promise<Wire> {
  const { address, authentication, timeouts, egress, heartbeatMs, name } = settings
  egress?.check(address.host)
  const { connect, credentials } = await import('amqplib')
  signal.throwIfAborted()
  // The driver shows its socket to nobody; this ends it.
  const lifetime = new AbortController()
  const late = setTimeout(
    () => lifetime.abort(new Error(`no connection within ${timeouts.connectMs} ms`)),
    timeouts.connectMs,
  )
  const abort = (): void => lifetime.abort(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    const model = await connect(
      {
        protocol: address.secure ? 'amqps' : 'amqp',
        hostname: address.host,
        port: address.port,
        vhost: encodeURIComponent(address.vhost),
        heartbeat: Math.ceil(heartbeatMs / 1_000),
      },
      {
        noDelay: true,
        ...(egress && { lookup: egress.lookup }),
        signal: lifetime.signal,
        credentials:
          authentication === 'certificate'
            ? credentials.external()
            : credentials.plain(address.username, address.password),
        clientProperties: { connection_name: name },
        ...(address.secure ? tlsOptions(settings) : {}),
      } as SocketOptions,
    )
    const destroy = (): void => lifetime.abort(new Error('the connection was ended'))
    // A failure of the connection also closes it, and that is what is listened to.
    model.on('error', () => undefined)
    watchSilence(model, heartbeatMs, destroy)
    return { model, destroy }
  } catch (error) {
    lifetime.abort()
    if (signal.aborted) throw signal.reason
    throw refused(lifetime.signal.aborted && isAbort(error) ? lifetime.signal.reason : error, address)
  } finally {
    clearTimeout(late)
    signal.removeEventListener('abort', abort)
  }
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError'
}

function refused(error: unknown, { host, port }: RabbitmqAddress): ConnectorError {
  if (ConnectorError.is(error)) return notApplied(error)
  const network = networkFacts(error, `RabbitMQ at ${host}:${port}`)
  return notApplied(
    network === undefined ? new ConnectorError(located(error, host, port)) : new ConnectorError(network),
  )
}

function located(error: unknown, host: string, port: number): ErrorFacts {
  const facts = factsFor(error)
  return { ...facts, message: facts.message.replace('RabbitMQ:', `RabbitMQ at ${host}:${port}:`) }
}

/** Ends a connection that has fallen silent. Counts ticks, not time: a busy process is no silent broker. */
function watchSilence(model: ChannelModel, heartbeatMs: number, destroy: () => void): void {
  const { stream } = model.connection as unknown as { readonly stream: Socket }
  let seen = stream.bytesRead
  let silent = 0
  const timer = setInterval(() => {
    silent = stream.bytesRead === seen ? silent + 1 : 0
    seen = stream.bytesRead
    if (silent >= silentQuarters) destroy()
  }, heartbeatMs / 4)
  timer.unref()
  model.on('close', () => clearInterval(timer))
}

function tlsOptions({ address, tls }: DialSettings): SocketOptions {
  const { ca, cert, key, serverName } = tls
  const name = serverName ?? (isIP(address.host) === 0 ? address.host : undefined)
  return {
    minVersion: 'TLSv1.2',
    rejectUnauthorized: true,
    ...(ca === undefined ? {} : { ca: typeof ca === 'string' ? ca : [...ca] }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key: Secret.is(key) ? key.reveal() : key }),
    ...(name === undefined ? {} : { servername: name }),
  }
}
