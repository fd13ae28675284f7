import { connectorSuite, type Config, type Target } from '@casare/testing'
import { describeWithPeer } from '../../../../tools/peers/src/index.ts'
import { ldap } from '../src/index.ts'
import { person, put, removeBelow, startTarget, type LdapTarget } from './support.ts'

const targetOf = (target: Target): LdapTarget => target as LdapTarget
/** Examples are written before there is a folder: they use one below a fixed base, made anew for each check. */
const base = 'ou=casare-conformance,dc=example,dc=org'
const people = [1, 2, 3, 4, 5, 6, 7, 8]
const absent = { dn: `uid=nobody,${base}` }
const stranger = (target: Target): Config => ({
  ...target.config,
  bind: { kind: 'simple', dn: `uid=p2,${base}`, password: 'password of p2' },
})

const at = ({ config }: Target, { host, port, secure }: { host: string; port: number; secure: boolean }): Config => ({
  ...config,
  url: `${secure ? 'ldaps' : 'ldap'}://${host}:${port}`,
})

await describeWithPeer('slapd', {}, (peer) => {
  async function start(): Promise<LdapTarget> {
    const target = await startTarget(peer(), 0)
    await removeBelow(target.bare, base).catch(() => undefined)
    await put(target.bare, base, { objectClass: 'organizationalUnit' })
    for (const number of people) await put(target.bare, `uid=p${number},${base}`, person(`p${number}`))
    await put(target.bare, `cn=staff,${base}`, { objectClass: 'groupOfNames', member: `uid=p1,${base}` })
    return { ...target, config: { ...target.config, base } }
  }

  connectorSuite(ldap, {
    peer: {
      name: 'OpenLDAP',
      kind: 'real server',
      get version() {
        return peer().version ?? 'unknown'
      },
    },
    entry: import.meta.resolve('../src/index.ts'),
    start,
    examples: {
      add: {
        input: {
          dn: [{ uid: 'new' }, { ou: 'casare-conformance' }, { dc: 'example' }, { dc: 'org' }],
          attributes: { objectClass: ['inetOrgPerson'], cn: ['New'], sn: ['Grüße'] },
          password: 'a password of its own',
        },
        before: (connection) => connection.$.execute('delete', { dn: `uid=new,${base}` }),
      },
      authenticate: { input: { username: 'p1', password: 'password of p1' } },
      changePassword: { input: { dn: `uid=p3,${base}`, newPassword: 'another password' } },
      compare: { input: { dn: `uid=p1,${base}`, attribute: 'sn', value: 'p1' } },
      delete: {
        input: { dn: `uid=new,${base}` },
        before: (connection) =>
          connection.$.execute('add', {
            dn: `uid=new,${base}`,
            attributes: { objectClass: ['inetOrgPerson'], cn: ['New'], sn: ['New'] },
          }),
      },
      entry: { input: { dn: `uid=p1,${base}` } },
      groupsOf: { input: { dn: `uid=p1,${base}` } },
      modify: {
        input: { dn: `uid=p1,${base}`, changes: [{ kind: 'replace', attribute: 'description', values: ['text'] }] },
      },
      rename: {
        input: { dn: `uid=p8,${base}`, name: { uid: 'renamed' } },
        async before(connection) {
          await connection.$.execute('delete', { dn: `uid=renamed,${base}` })
          await connection.$.execute('add', {
            dn: `uid=p8,${base}`,
            attributes: { objectClass: ['inetOrgPerson'], cn: ['P8'], sn: ['p8'] },
          })
        },
      },
      search: { input: { filter: { equals: ['uid', 'p1'] } } },
      whoAmI: { input: {} },
    },
    provocations: {
      add: {
        already_exists: {
          input: { dn: `uid=p1,${base}`, attributes: { objectClass: ['inetOrgPerson'], cn: ['x'], sn: ['x'] } },
        },
        not_found: {
          input: {
            dn: `uid=x,ou=nowhere,${base}`,
            attributes: { objectClass: ['inetOrgPerson'], cn: ['x'], sn: ['x'] },
          },
        },
        permission_denied: {
          input: { dn: `uid=x,${base}`, attributes: { objectClass: ['inetOrgPerson'], cn: ['x'], sn: ['x'] } },
          config: stranger,
        },
        conflict: {
          input: { dn: 'uid=x,dc=elsewhere', attributes: { objectClass: ['inetOrgPerson'], cn: ['x'], sn: ['x'] } },
        },
        invalid_input: { input: { dn: `uid=x,${base}`, attributes: { objectClass: ['inetOrgPerson'] } } },
      },
      authenticate: { unauthenticated: { input: { username: 'p1', password: 'certainly wrong' } } },
      changePassword: {
        permission_denied: { input: { dn: `uid=p3,${base}`, newPassword: 'not mine to set' }, config: stranger },
      },
      compare: {
        not_found: { input: { ...absent, attribute: 'sn', value: 'x' } },
        invalid_input: { input: { dn: `uid=p1,${base}`, attribute: 'noSuchThing', value: 'x' } },
      },
      delete: {
        not_found: { input: absent },
        conflict: { input: { dn: base } },
        permission_denied: { input: { dn: `uid=p1,${base}` }, config: stranger },
      },
      entry: { not_found: { input: absent } },
      modify: {
        not_found: { input: { ...absent, changes: [{ kind: 'replace', attribute: 'sn', values: ['x'] }] } },
        already_exists: {
          input: { dn: `uid=p1,${base}`, changes: [{ kind: 'add', attribute: 'sn', values: ['p1'] }] },
        },
        permission_denied: {
          input: { dn: `uid=p1,${base}`, changes: [{ kind: 'replace', attribute: 'sn', values: ['x'] }] },
          config: stranger,
        },
        conflict: { input: { dn: 'dc=elsewhere', changes: [{ kind: 'replace', attribute: 'sn', values: ['x'] }] } },
        invalid_input: { input: { dn: `uid=p1,${base}`, changes: [{ kind: 'delete', attribute: 'sn' }] } },
      },
      rename: {
        not_found: { input: { ...absent, name: { uid: 'x' } } },
        already_exists: { input: { dn: `uid=p1,${base}`, name: { uid: 'p2' } } },
        permission_denied: { input: { dn: `uid=p1,${base}`, name: { uid: 'x' } }, config: stranger },
      },
      search: {
        not_found: { input: { base: `ou=nowhere,${base}` } },
        invalid_input: { input: { filter: nested(30) } },
      },
      'entries.read': { not_found: { input: { base: `ou=nowhere,${base}` } } },
    },
    wrongCredentials: ({ config }) => ({ ...config, bind: { ...bindOf(config), password: 'certainly-wrong' } }),
    withSecret: ({ config }, secret) => ({ ...config, bind: { ...bindOf(config), password: secret } }),
    at,
    async echo(connection, text) {
      const dn = `uid=p1,${base}`
      // No text in LDAP is empty (RFC 4517, 3.3.6); octets may be.
      const attribute = text === '' ? 'audio' : 'description'
      const change = { kind: 'replace', attribute, values: [text] }
      const written = await connection.$.execute('modify', { dn, changes: [change] })
      if (!written.success) return written.error
      const answer = await connection.$.execute('entry', { dn })
      return answer.success
        ? asText((answer.output as { attributes: Record<string, unknown[]> }).attributes[attribute]?.[0])
        : answer.error
    },
    // The module of the library itself.
    sharedTables: ['client.library'],
    streams: {
      entries: {
        read: {
          input: { filter: { equals: ['objectClass', 'inetOrgPerson'] } },
          count: 8,
          change: (_connection, target) => targetOf(target).bare.del(`uid=p1,${base}`),
        },
      },
    },
  })
})

function bindOf(config: Config): object {
  return config['bind'] as object
}

function asText(value: unknown): unknown {
  return typeof value === 'object' && value !== null && '$bytes' in value
    ? Buffer.from(String(value.$bytes), 'base64').toString()
    : value
}

function nested(levels: number): unknown {
  return levels === 0 ? { present: 'uid' } : { not: nested(levels - 1) }
}
