import { ConnectorError, factsOf, networkFacts, Secret, type OpenContext, type TlsConfig } from '@casare/core'
import { isIP } from 'node:net'
import type { RedisAddress } from './address.ts'
import { toError } from './errors.ts'
import type { Driver } from './redis-client.ts'

/** What each connection to one server is made with. */
export interface DialSettings {
  readonly address: RedisAddress
  readonly tls: TlsConfig
  readonly timeouts: OpenContext['timeouts']
  /** Looks at each address that is connected to, where the connection has rules for that. */
  readonly guard: OpenContext['egress']
  readonly clientName: string | undefined
  readonly maxQueuedCommands: number
}

/**
 * Opens one connection of the driver and authenticates. It never reconnects by itself, and it ends with the first failure,
 * so that no answer can be taken for that of another command (https://github.com/redis/node-redis/tree/master/packages/client).
 * @throws with `applied: 'no'`: no command of a call has been sent.
 */
export async function dial(settings: DialSettings, signal: AbortSignal): Promise<Driver> {
  const { address, timeouts, guard, clientName, maxQueuedCommands } = settings
  guard?.check(address.host)
  const { createClient } = await import('@redis/client')
  signal.throwIfAborted()
  const driver = createClient({
    socket: {
      host: address.host,
      port: address.port,
      connectTimeout: timeouts.connectMs,
      reconnectStrategy: false,
      ...(guard && { lookup: guard.lookup }),
      ...(address.secure ? tlsOptions(settings) : {}),
    },
    database: address.database,
    ...(address.username === undefined ? {} : { username: address.username }),
    ...(address.password === undefined ? {} : { password: address.password }),
    ...(clientName === undefined ? {} : { name: clientName }),
    disableOfflineQueue: true,
    commandsQueueMaxLength: maxQueuedCommands,
    commandOptions: { timeout: 0 },
    maintNotifications: 'disabled',
  }) as unknown as Driver
  driver.on('error', () => end(driver))
  const { promise: failed, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(
    () =>
      reject(
        new ConnectorError({
          code: 'unavailable',
          message: `Redis: no connection to ${address.host}:${address.port} within ${timeouts.connectMs} ms.`,
        }),
      ),
    timeouts.connectMs,
  )
  const abort = (): void => reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    await Promise.race([driver.connect(), failed])
    return driver
  } catch (error) {
    end(driver)
    throw signal.aborted ? error : notApplied(error, address)
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
  }
}

/** Ends a connection at once; whatever waits on it fails. */
export function end(driver: Driver): void {
  if (driver.isOpen) driver.destroy()
}

function tlsOptions({ address, tls }: DialSettings): object {
  const { ca, cert, key, serverName } = tls
  const name = serverName ?? (isIP(address.host) === 0 ? address.host : undefined)
  return {
    tls: true,
    minVersion: 'TLSv1.2',
    rejectUnauthorized: true,
    ...(ca === undefined ? {} : { ca: typeof ca === 'string' ? ca : [...ca] }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key: Secret.is(key) ? key.reveal() : key }),
    ...(name === undefined ? {} : { servername: name }),
  }
}

function notApplied(error: unknown, { host, port }: RedisAddress): ConnectorError {
  const facts = ConnectorError.is(error)
    ? factsOf(error)
    : (toError(error) ??
      networkFacts(error, `Redis at ${host}:${port}`) ?? {
        code: 'unavailable',
        message: `Redis at ${host}:${port}: ${error instanceof Error ? error.message : String(error)}`,
        cause: error,
      })
  return new ConnectorError({ ...facts, applied: 'no' })
}
