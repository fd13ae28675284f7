import { ConnectorError, factsOf, type OpenContext } from '@casare/core'
import type * as Ldapts from 'ldapts'
import type { ParsedConfig } from './config.ts'
import { dial, routeOf, type Route } from './wire/dial.ts'
import { LdapConnection } from './wire/ldap-connection.ts'
import { Pool } from './wire/pool.ts'

type Bind = ParsedConfig['bind']

/** The client of a connection: connections of the library, each bound before it is used. */
export class LdapClient {
  readonly library: typeof Ldapts
  /** The base of the config. */
  readonly base: string
  readonly maxAnswerBytes: number
  /** Whether the server is Active Directory, once it was asked. */
  activeDirectory: boolean | undefined = undefined
  readonly #config: ParsedConfig
  readonly #context: OpenContext
  readonly #route: Route
  readonly #pool: Pool

  constructor(library: typeof Ldapts, config: ParsedConfig, context: OpenContext) {
    this.library = library
    this.base = config.base
    this.maxAnswerBytes = config.maxAnswerBytes
    this.#config = config
    this.#context = context
    this.#route = routeOf(config.url, config.startTls)
    this.#pool = new Pool((signal) => this.#bound(config.bind, signal), context.pool)
  }

  /** A bound connection for the time of `work`. */
  use<Result>(signal: AbortSignal, work: (connection: LdapConnection) => Promise<Result>): Promise<Result> {
    return this.#pool.use(signal, work)
  }

  /** A bound connection to keep until it is given back. */
  borrow(signal: AbortSignal): Promise<LdapConnection> {
    return this.#pool.take(signal)
  }

  /** Takes it back; `borrow` gave it. */
  giveBack(connection: LdapConnection): void {
    this.#pool.give(connection)
  }

  /** One request of the library on a bound connection. */
  request<Result>(signal: AbortSignal, work: (client: Ldapts.Client) => Promise<Result>): Promise<Result> {
    return this.use(signal, (connection) => connection.run(signal, work))
  }

  /**
   * Tries credentials on a connection of their own, which ends with that.
   * @throws `unauthenticated`, and whatever else binding fails with.
   */
  tryBind(dn: string, password: string, signal: AbortSignal): Promise<void> {
    return this.#pool.apart(signal, async () => {
      const connection = await this.#dial(signal)
      try {
        await connection.run(signal, (client) => client.bind(dn, password))
      } finally {
        await connection.end()
      }
    })
  }

  close(): Promise<void> {
    return this.#pool.close()
  }

  async #dial(signal: AbortSignal): Promise<LdapConnection> {
    const socket = await dial(this.#route, this.#context, signal)
    const { maxEntryBytes, maxAnswerBytes } = this.#config
    const limits = { maxEntryBytes, maxAnswerBytes, silenceMs: this.#context.timeouts.readMs }
    const make = (connect: () => typeof socket): Ldapts.Client =>
      // The socket is the one that was dialled: the library connects nowhere by itself.
      new this.library.Client({ url: 'ldap://dialled.invalid', createConnection: connect, strictDN: false })
    return new LdapConnection(socket, make, limits)
  }

  async #bound(bind: Bind, signal: AbortSignal): Promise<LdapConnection> {
    const connection = await this.#dial(signal)
    try {
      await connection.run(signal, (client) => authenticate(client, bind))
      return connection
    } catch (error) {
      connection.destroy(error)
      if (!ConnectorError.is(error)) throw error
      const facts = factsOf(error)
      const message =
        facts.code === 'unauthenticated' ? `${facts.message}: the bind of this connection failed` : facts.message
      throw new ConnectorError({ ...facts, message, applied: 'no' })
    }
  }
}

async function authenticate(client: Ldapts.Client, bind: Bind): Promise<void> {
  if (bind.kind === 'anonymous') return client.bind('', '')
  if (bind.kind === 'external') return client.bind('EXTERNAL')
  const password = bind.password.reveal()
  // An empty one would make this an unauthenticated bind, which succeeds, with nobody's rights (RFC 4513, 5.1.2).
  if (password === '')
    throw new ConnectorError({ code: 'unauthenticated', applied: 'no', message: 'LDAP: bind.password is empty.' })
  return client.bind(bind.dn, password)
}
