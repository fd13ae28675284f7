import type { Site, System } from '../system.ts'

const suffix = 'dc=example,dc=org'

/**
 * OpenLDAP (https://www.openldap.org/doc/admin25/slapdconf2.html). Idle connections are closed after 3 seconds, a search
 * gives 50 entries without paging, and strangers see nothing. With TLS it listens twice: the URL's port is LDAPS, its
 * parameter `startTls` the port where TLS is negotiated.
 */
export const slapd: System = {
  name: 'slapd',
  title: 'OpenLDAP',
  standardUrl: 'ldap://127.0.0.1:389',
  debianPackages: ['slapd', 'ldap-utils'],
  binaries: ['slapadd', 'slapd'],
  folders: ['/usr/sbin'],
  // Once, it would go on and start.
  versionCommand: ['slapd', '-VV'],
  account: 'openldap',
  tls: true,
  tlsFirst: true,
  greeting: {
    // An anonymous bind, and its answer (RFC 4511, 4.2).
    send: Buffer.from('300c020101600702010304008000', 'hex'),
    read(answer) {
      if (answer.length === 0) return undefined
      if (answer[0] !== 0x30) throw new Error('The server does not speak LDAP.')
      return answer.length < 10 ? undefined : { version: undefined }
    },
  },
  async launch(site) {
    const { binary, directory, port, password, tls, morePorts, run, write } = site
    const configuration = write('slapd.conf', configurationOf(site))
    await run('/bin/mkdir', [`${directory}/db`])
    await run(binary('slapadd'), ['-f', configuration, '-l', write('base.ldif', base)])
    const [plainPort = 0] = morePorts
    const listen =
      tls === undefined ? `ldap://127.0.0.1:${port}` : `ldaps://127.0.0.1:${port} ldap://127.0.0.1:${plainPort}`
    const account = `${encodeURIComponent(`cn=admin,${suffix}`)}:${password}`
    return {
      commands: [{ path: binary('slapd'), arguments: ['-f', configuration, '-h', listen, '-d', '0'] }],
      url:
        tls === undefined
          ? `ldap://${account}@127.0.0.1:${port}/${suffix}`
          : `ldaps://${account}@127.0.0.1:${port}/${suffix}?startTls=${plainPort}`,
    }
  },
}

const base = `dn: ${suffix}
objectClass: dcObject
objectClass: organization
dc: example
o: Example
`

function configurationOf({ directory, password, tls }: Site): string {
  const certificates =
    tls === undefined
      ? ''
      : `TLSCACertificateFile ${tls.caPath}
TLSCertificateFile ${tls.certPath}
TLSCertificateKeyFile ${tls.keyPath}
TLSVerifyClient try
`
  return `include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
pidfile ${directory}/slapd.pid
argsfile ${directory}/slapd.args
${certificates}sizelimit size.soft=50 size.hard=50 size.prtotal=unlimited
idletimeout 3
database mdb
suffix ${suffix}
rootdn cn=admin,${suffix}
rootpw ${password}
directory ${directory}/db
maxsize 67108864
index objectClass eq
index uid eq,sub
access to attrs=userPassword by self write by anonymous auth by * none
access to * by users read by anonymous none
overlay memberof
`
}
