import { assertTransport, invalidInput, type CallContext, type OpenContext } from '@casare/core'
import type { ParsedConfig } from './config.ts'
import { LdapClient } from './ldap-client.ts'
import { routeOf } from './wire/dial.ts'

/** Opens and binds a first connection; fails here where the server is not there, not to be trusted, or refuses the bind. */
export async function open(config: ParsedConfig, context: OpenContext): Promise<LdapClient> {
  const { tls, signal, redactor } = context
  const route = routeOf(config.url, config.startTls)
  if (config.startTls && route.tlsFirst) throw invalidInput('LDAP: startTls is for ldap://; ldaps:// begins with TLS.')
  if (config.bind.kind === 'external' && (tls.cert === undefined || tls.key === undefined))
    throw invalidInput('LDAP: bind.kind external needs a client certificate: tls.cert and tls.key.')
  assertTransport({ host: route.host, secure: route.tlsFirst || route.startTls, tls })
  if (config.bind.kind === 'simple') redactor.add(config.bind.password)
  const client = new LdapClient(await import('ldapts'), config, context)
  try {
    await client.use(signal, async () => undefined)
    return client
  } catch (error) {
    await client.close()
    throw error
  }
}

export function close(client: LdapClient): Promise<void> {
  return client.close()
}

/** Asks who is bound: on a server without that, the root of the directory. */
export async function check(client: LdapClient, { signal }: CallContext): Promise<void> {
  await client.request(signal, (library) =>
    library.search('', {
      scope: 'base',
      attributes: ['1.1'],
      filter: new client.library.PresenceFilter({ attribute: 'objectClass' }),
    }),
  )
}
