import type { Client, ClientConfig, Connection } from 'pg'
import type { Socket } from 'node:net'
import type { ConnectionOptions, PeerCertificate } from 'node:tls'
import { assertTransport, ConnectorError, Secret, type EgressGuard, type OpenContext } from '@casare/core'
import { isLocal, type Address } from '../address.ts'

/** pg, imported when a connection is opened. */
export type Driver = typeof import('pg')

export type DialContext = Pick<OpenContext, 'tls' | 'readOnly' | 'timeouts' | 'event' | 'egress'>

export interface DialSettings {
  readonly address: Address
  readonly searchPath: readonly string[] | undefined
  readonly context: DialContext
}

/** How to reach the server: what pg's client is constructed with. */
export interface Route {
  readonly driver: Driver
  readonly settings: ClientConfig
  readonly ssl: ConnectionOptions | false
}

const keepAliveMs = 30_000

/** @throws `invalid_input` where the connection to another machine would not be encrypted. */
export function routeTo(driver: Driver, { address, searchPath, context }: DialSettings): Route {
  const { host, port, database, user, password, applicationName } = address
  const ssl = sslOptions(address, context)
  const { egress } = context
  if (egress !== undefined) {
    if (host.startsWith('/')) throw socketFile(host)
    egress.check(host)
  }
  return {
    driver,
    ssl,
    settings: {
      host,
      port,
      database,
      user,
      password,
      ssl,
      sslnegotiation: 'postgres',
      client_encoding: 'utf8',
      application_name: applicationName,
      ...(egress === undefined ? {} : { stream: () => guardedSocket(egress) }),
      options: startOptions(searchPath, context.readOnly),
      keepAlive: true,
      keepAliveInitialDelayMillis: keepAliveMs,
      connectionTimeoutMillis: context.timeouts.connectMs,
    },
  }
}

/** A socket that looks at the address that it connects to: pg gives its own to nobody but its constructor. */
function guardedSocket(egress: EgressGuard): Socket {
  const { Socket: Plain } = process.getBuiltinModule('node:net')
  const socket = new Plain()
  const connect = socket.connect.bind(socket)
  return Object.assign(socket, {
    connect: (port: number, host: string) => connect({ port, host, lookup: egress.lookup }),
  })
}

function socketFile(path: string): ConnectorError {
  return new ConnectorError({
    code: 'permission_denied',
    message: `PostgreSQL: ${path} is a socket of this machine, and egress allows no such connection.`,
  })
}

function sslOptions({ host, sslMode }: Address, { tls, event }: DialContext): ConnectionOptions | false {
  const asked = sslMode === 'verify-full' || tls.ca !== undefined || tls.cert !== undefined
  const secure = sslMode !== 'disable' && (asked || !(isLocal(host) || tls.insecure === 'plaintext'))
  if (!host.startsWith('/')) assertTransport({ host, secure, tls, event })
  if (!secure) return false
  const { serverName } = tls
  return {
    minVersion: 'TLSv1.2',
    rejectUnauthorized: true,
    ...(tls.ca === undefined ? {} : { ca: typeof tls.ca === 'string' ? tls.ca : [...tls.ca] }),
    ...(tls.cert === undefined ? {} : { cert: tls.cert }),
    ...(tls.key === undefined ? {} : { key: Secret.is(tls.key) ? tls.key.reveal() : tls.key }),
    ...(serverName === undefined
      ? {}
      : { checkServerIdentity: (_host: string, certificate) => checkName(serverName, certificate) }),
  }
}

/** TLS is loaded with the driver, not with this package. */
function checkName(name: string, certificate: PeerCertificate): Error | undefined {
  return process.getBuiltinModule('node:tls').checkServerIdentity(name, certificate)
}

/** Forms of text that our readers know, whatever the server, database or role are set to. */
function startOptions(searchPath: readonly string[] | undefined, readOnly: boolean): string {
  const settings: [string, string][] = [
    ['DateStyle', 'ISO'],
    ['IntervalStyle', 'postgres'],
    ['bytea_output', 'hex'],
    ['extra_float_digits', '1'],
    ['standard_conforming_strings', 'on'],
  ]
  if (readOnly) settings.push(['default_transaction_read_only', 'on'])
  if (searchPath !== undefined)
    settings.push(['search_path', searchPath.map((name) => `"${name.replaceAll('"', '""')}"`).join(',')])
  return settings.map(([name, value]) => `-c ${name}=${value.replace(/[\\ ]/g, '\\$&')}`).join(' ')
}

/** A client of pg that stands; its failures after that are events on it. */
export async function dial({ driver, settings }: Route, more: ClientConfig = {}): Promise<Client> {
  const client = new driver.Client({ ...settings, ...more })
  guard(client.connection)
  // Until somebody else listens: an error without a listener would end the process.
  client.on('error', () => undefined)
  await client.connect()
  return client
}

/** Bytes that are no messages make the parser throw, where nobody could catch it: the connection ends instead. */
function guard(connection: Connection): void {
  const guarded = connection as Connection & { attachListeners(stream: Socket): void }
  const attach = guarded.attachListeners.bind(connection)
  guarded.attachListeners = (stream) => {
    const before = new Set(stream.listeners('data'))
    attach(stream)
    for (const listener of stream.listeners('data') as ((chunk: Buffer) => void)[]) {
      if (before.has(listener)) continue
      stream.off('data', listener)
      stream.on('data', (chunk: Buffer) => {
        try {
          listener(chunk)
        } catch (error) {
          stream.destroy(new Error('The server sent what is no message of the protocol.', { cause: error }))
        }
      })
    }
  }
}
