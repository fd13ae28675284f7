import { assertTransport, ConnectorError, factsOf, networkFacts, tlsOptions, type OpenContext } from '@casare/core'
import { connect, isIP, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { startTls } from './start-tls.ts'

/** Where the directory is, and how to get there. */
export interface Route {
  readonly host: string
  readonly port: number
  /** TLS from the first byte. */
  readonly tlsFirst: boolean
  readonly startTls: boolean
}

export function routeOf(url: string, negotiate: boolean): Route {
  const [, scheme, host = '', port] = /^(ldaps?):\/\/(\[[^\]]+\]|[^:/]+)(?::(\d+))?/.exec(url) ?? []
  const tlsFirst = scheme === 'ldaps'
  return {
    host: host.replace(/^\[|\]$/g, ''),
    port: Number(port ?? (tlsFirst ? 636 : 389)),
    tlsFirst,
    startTls: negotiate && !tlsFirst,
  }
}

/**
 * Opens a socket to the directory, TLS included.
 * @throws with `applied: 'no'`: nothing of a call has been sent.
 */
export async function dial(route: Route, context: DialContext, signal: AbortSignal): Promise<Socket> {
  const { host, port } = route
  const { tls, timeouts, egress, event } = context
  assertTransport({ host, secure: route.tlsFirst || route.startTls, tls, event })
  egress?.check(host)
  const { promise: failed, reject } = Promise.withResolvers<never>()
  failed.catch(() => undefined)
  const timer = setTimeout(
    () =>
      reject(
        new ConnectorError({
          code: 'unavailable',
          message: `LDAP: no connection to ${host}:${port} within ${timeouts.connectMs} ms.`,
        }),
      ),
    timeouts.connectMs,
  )
  const abort = (): void => reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  const raw = connect({ host, port, noDelay: true, ...(egress && { lookup: egress.lookup }) })
  raw.on('error', () => undefined)
  try {
    signal.throwIfAborted()
    return await Promise.race([secured(route, raw, tls), failed])
  } catch (error) {
    raw.destroy()
    throw signal.aborted ? error : notApplied(error, route)
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
  }
}

export type DialContext = Pick<OpenContext, 'tls' | 'timeouts' | 'egress' | 'event'>

async function secured(route: Route, raw: Socket, tls: OpenContext['tls']): Promise<Socket> {
  await established(raw, 'connect')
  if (route.startTls) await startTls(raw)
  else if (!route.tlsFirst) return raw
  const options = await tlsOptions(tls)
  const servername = options.servername ?? (isIP(route.host) === 0 ? route.host : undefined)
  // Without a name, Node checks the certificate against `host`.
  const socket = connectTls({ ...options, socket: raw, host: route.host, ...(servername && { servername }) })
  await established(socket, 'secureConnect')
  socket.on('error', () => undefined)
  return socket
}

function established(socket: Socket | TLSSocket, name: 'connect' | 'secureConnect'): Promise<void> {
  return new Promise((resolve, reject) => {
    const ended = (): void => reject(new Error('the server closed the connection'))
    const leave = (): void => void socket.off('error', reject).off('close', ended)
    socket.once('error', reject).once('close', ended)
    socket.once(name, () => {
      leave()
      resolve()
    })
  })
}

function notApplied(error: unknown, { host, port }: Route): ConnectorError {
  const facts = ConnectorError.is(error)
    ? factsOf(error)
    : (networkFacts(error, `LDAP at ${host}:${port}`) ?? {
        code: 'unavailable',
        message: `LDAP at ${host}:${port}: ${error instanceof Error ? error.message : String(error)}.`,
        cause: error,
      })
  const code = facts.code === 'timeout' ? 'unavailable' : facts.code
  return new ConnectorError({ ...facts, code, applied: 'no' })
}
