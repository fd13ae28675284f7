import { assertTransport, ConnectorError, Secret, type OpenContext } from '@casare/core'
import type { Connection } from 'mysql2'
import { connect, isIP, type Socket } from 'node:net'
import type { Address } from '../address.ts'
import { connectingError } from '../errors.ts'

/** The parts of mysql2 that are used. */
export interface Driver {
  readonly createConnection: typeof import('mysql2').createConnection
  /** Makes a 64-bit integer of a value. */
  readonly integer: import('mysql2').TypedParameter['LONGLONG']
}

/** The way to one server. */
export interface Route {
  readonly driver: Driver
  readonly address: Address
  readonly context: OpenContext
  readonly maxStatements: number
  /** May the server ask for a stream, where a statement brings one? */
  readonly takesStreams?: boolean | undefined
}

/**
 * Opens one connection of mysql2 and authenticates (https://sidorares.github.io/node-mysql2/docs).
 * @throws `unavailable`, `unauthenticated` and others with `applied: 'no'`.
 */
export async function dial(route: Route): Promise<Connection> {
  const { driver, address, context, maxStatements } = route
  const { host, port, database, user, secure } = address
  assertTransport({ host, secure, tls: context.tls, event: context.event })
  context.egress?.check(host)
  const connection = driver.createConnection({
    stream: () => socketTo(host, port, context.egress),
    host: context.tls.serverName ?? nameToVerify(host),
    port,
    user,
    password: address.password(),
    ...(database === undefined ? {} : { database }),
    ...(secure ? { ssl: tlsOptions(route) } : {}),
    charset: 'utf8mb4_general_ci',
    connectTimeout: context.timeouts.connectMs,
    maxPreparedStatements: maxStatements,
    // A server must not be able to ask for files of ours. Where one may ask, the driver knows of no files either.
    // The other one: the values of OUT parameters come as a result (https://mariadb.com/kb/en/connection/#capabilities).
    flags: [route.takesStreams === true ? 'LOCAL_FILES' : '-LOCAL_FILES', 'PS_MULTI_RESULTS'],
    multipleStatements: false,
    supportBigNumbers: true,
    bigNumberStrings: true,
    dateStrings: true,
    jsonStrings: true,
    timezone: 'Z',
  })
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  connection.once('connect', () => resolve())
  connection.once('error', reject)
  const abort = (): void => reject(context.signal.reason)
  context.signal.addEventListener('abort', abort, { once: true })
  try {
    context.signal.throwIfAborted()
    await promise
    connection.off('error', reject)
    return connection
  } catch (error) {
    connection.on('error', () => undefined)
    connection.destroy()
    throw context.signal.aborted ? error : connectingError(error, `${host}:${port}`)
  } finally {
    context.signal.removeEventListener('abort', abort)
  }
}

function socketTo(host: string, port: number, egress: OpenContext['egress']): Socket {
  return connect({ host, port, keepAlive: true, noDelay: true, ...(egress && { lookup: egress.lookup }) })
}

/**
 * What the certificate is held against. The driver gives addresses to nobody, so that Node would hold it against
 * "localhost"; with a dot at its end it passes them on, and Node takes that off before it looks for an address
 * (https://github.com/nodejs/node/blob/v24.0.0/lib/tls.js#L285).
 */
function nameToVerify(host: string): string {
  return isIP(host) === 0 ? host : `${host}.`
}

function tlsOptions({ context: { tls } }: Route): object {
  const { ca, cert, key } = tls
  return {
    minVersion: 'TLSv1.2',
    rejectUnauthorized: true,
    verifyIdentity: true,
    ...(ca === undefined ? {} : { ca: typeof ca === 'string' ? ca : [...ca] }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key: Secret.is(key) ? key.reveal() : key }),
  }
}

/** A connection that was closed while it was being opened. */
export function lostError(error: unknown): ConnectorError {
  return new ConnectorError({
    code: 'unavailable',
    applied: 'no',
    message: 'MySQL: the connection was lost before the statement was sent.',
    cause: error,
  })
}
