import { ConnectorError, isError } from '@casare/core'
import type { Client } from 'ldapts'
import type { Socket } from 'node:net'
import { resultCode, toError } from '../errors.ts'
import { FrameWatch, TooLarge } from './frame-watch.ts'

export interface ConnectionLimits {
  readonly maxEntryBytes: number
  readonly maxAnswerBytes: number
  /** Without a byte for this long, the request fails, in milliseconds. */
  readonly silenceMs: number
}

/** An UnbindRequest (RFC 4511, 4.3), which has no answer. */
const unbindRequest = Buffer.from('300502017f4200', 'hex')
const goodbyeMs = 1_000

/**
 * One connection to the directory, for one request at a time. It never connects a second time: whoever is bound on it is
 * bound until it ends, so no request can run with other rights.
 */
export class LdapConnection {
  readonly client: Client
  readonly #socket: Socket
  readonly #limits: ConnectionLimits
  #reason: unknown
  #heardAt = performance.now()
  #received = 0
  idleSince = 0

  /** @param make the library's client on a function that gives the socket */
  constructor(socket: Socket, make: (connect: () => Socket) => Client, limits: ConnectionLimits) {
    this.#socket = socket
    this.#limits = limits
    const frames = new FrameWatch(limits.maxEntryBytes)
    socket.on('data', (chunk: Buffer) => {
      this.#heardAt = performance.now()
      this.#received += chunk.length
      try {
        frames.push(chunk)
        if (this.#received > limits.maxAnswerBytes)
          throw new TooLarge(`an answer of over ${limits.maxAnswerBytes} bytes`)
      } catch (error) {
        this.destroy(unreadable(error))
      }
    })
    socket.on('error', () => undefined)
    let given = false
    this.client = make(() => {
      if (given)
        throw new ConnectorError({ code: 'unavailable', applied: 'no', message: 'LDAP: the connection was lost.' })
      given = true
      return socket
    })
  }

  get isLost(): boolean {
    return this.#socket.destroyed || this.#socket.readyState !== 'open'
  }

  /** @throws what the server refused, as a `ConnectorError`; the signal's reason; `unavailable` or `timeout` where it is lost. */
  async run<Result>(signal: AbortSignal, work: (client: Client) => Promise<Result>): Promise<Result> {
    signal.throwIfAborted()
    if (this.isLost)
      throw new ConnectorError({ code: 'unavailable', applied: 'no', message: 'LDAP: the connection was lost.' })
    this.#received = 0
    this.#heardAt = performance.now()
    const abort = (): void => this.destroy(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    const timer = setInterval(() => this.#listen(), Math.max(5, Math.min(1_000, this.#limits.silenceMs / 4)))
    try {
      const result = await work(this.client)
      // The library may have read what we have refused.
      if (this.#reason !== undefined) throw this.#reason as Error
      return result
    } catch (error) {
      if (this.#reason !== undefined) throw this.#reason as Error
      if (ConnectorError.is(error)) throw error
      // Anything but a result leaves the connection in a state that nobody knows.
      if (resultCode(error) === undefined) this.destroy(error)
      throw asConnectorError(error)
    } finally {
      clearInterval(timer)
      signal.removeEventListener('abort', abort)
    }
  }

  /** Ends it at once; what waits on it fails with this reason. */
  destroy(reason: unknown): void {
    this.#reason ??= reason
    this.#socket.destroy()
  }

  /** Says goodbye, and waits until the server has hung up, for up to a second. */
  async end(): Promise<void> {
    if (!this.isLost) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const timer = setTimeout(resolve, goodbyeMs)
      this.#socket.once('close', resolve).end(unbindRequest)
      await promise
      clearTimeout(timer)
    }
    this.#socket.destroy()
  }

  #listen(): void {
    const silentMs = performance.now() - this.#heardAt
    if (silentMs < this.#limits.silenceMs) return
    this.destroy(
      new ConnectorError({
        code: 'timeout',
        applied: 'maybe',
        message: `LDAP: the server has been silent for ${Math.round(silentMs)} ms (timeouts.readMs).`,
      }),
    )
  }
}

function asConnectorError(error: unknown): ConnectorError {
  const facts = toError(error)
  if (facts !== undefined) return new ConnectorError(facts)
  return new ConnectorError({
    code: 'internal',
    applied: 'maybe',
    message: `LDAP: the answer could not be read: ${isError(error) ? error.message : String(error)}`,
    cause: error,
  })
}

function unreadable(error: unknown): ConnectorError {
  return error instanceof TooLarge
    ? new ConnectorError({
        code: 'invalid_input',
        applied: 'maybe',
        message: `LDAP: the server sends ${error.message}; see maxEntryBytes and maxAnswerBytes, or ask for fewer attributes.`,
      })
    : new ConnectorError({ code: 'internal', applied: 'maybe', message: `LDAP: ${(error as Error).message}.` })
}
