import type { Route } from './dial.ts'

/** What identifies a server process to be interrupted. */
export interface CancelKey {
  readonly processId: number
  readonly secretKey: number
}

interface CancelConnection {
  readonly stream: { destroy(): void }
  connect(port: number, host: string): void
  requestSsl(): void
  cancel(processId: number, secretKey: number): void
  on(event: string, listener: () => void): void
}

/**
 * Asks the server to end what a process of it is doing
 * (https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-CANCELING-REQUESTS). Resolves when the request
 * was taken, or after `limitMs`.
 */
export function requestCancel(route: Route, { processId, secretKey }: CancelKey, limitMs: number): Promise<void> {
  const { driver, settings, ssl } = route
  const { host = '', port = 5432 } = settings
  return new Promise((resolve) => {
    const connection = new driver.Connection({
      ssl,
      sslNegotiation: 'postgres',
    } as never) as unknown as CancelConnection
    const done = (): void => {
      clearTimeout(timer)
      connection.stream.destroy()
      resolve()
    }
    const timer = setTimeout(done, limitMs)
    // The server answers by closing.
    for (const event of ['end', 'error', 'errorMessage']) connection.on(event, done)
    connection.on('connect', () => {
      if (ssl === false) connection.cancel(processId, secretKey)
      else connection.requestSsl()
    })
    connection.on('sslconnect', () => connection.cancel(processId, secretKey))
    const path = host.startsWith('/') ? `${host}/.s.PGSQL.${port}` : undefined
    if (path === undefined) connection.connect(port, host)
    else (connection as unknown as { connect(path: string): void }).connect(path)
  })
}
