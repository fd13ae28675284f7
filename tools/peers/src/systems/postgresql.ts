import type { System } from '../system.ts'

const startupMessage = (): Buffer => {
  // Length, protocol 3.0, then name and value pairs (https://www.postgresql.org/docs/current/protocol-message-formats.html).
  const body = Buffer.from('\0\x03\0\0user\0postgres\0database\0postgres\0\0', 'latin1')
  const length = Buffer.alloc(4)
  length.writeUInt32BE(body.length + 4)
  return Buffer.concat([length, body])
}

/** PostgreSQL; accounts need their password (SCRAM). */
export const postgresql: System = {
  name: 'postgresql',
  title: 'PostgreSQL',
  standardUrl: 'postgresql://postgres@127.0.0.1:5432/postgres',
  debianPackages: ['postgresql-15'],
  binaries: ['initdb', 'postgres'],
  folders: ['/usr/lib/postgresql/*/bin', '/opt/homebrew/opt/postgresql@*/bin', '/usr/local/opt/postgresql@*/bin'],
  account: 'postgres',
  tls: true,
  tlsFirst: false,
  greeting: {
    send: startupMessage(),
    read(answer) {
      const text = answer.toString('latin1')
      if (text.startsWith('E')) throw new Error(`PostgreSQL is not ready: ${text.slice(5).replaceAll('\0', ' ')}`)
      if (!text.startsWith('R') || answer.length < 9) return undefined
      // AuthenticationOk is followed by the server's parameters; any other request means that a password is needed.
      if (answer.readUInt32BE(5) !== 0) return { version: undefined }
      const version = /server_version\0([\d.]+)/.exec(text)?.[1]
      return version === undefined ? undefined : { version }
    },
  },
  container: {
    image: 'postgres:17',
    port: 5432,
    environment: { POSTGRES_HOST_AUTH_METHOD: 'trust' },
    arguments: ['-c', 'wal_level=logical'],
  },
  async launch({ binary, directory, port, password, tls, run, write }) {
    const data = `${directory}/data`
    const passwordFile = write('password', password)
    await run(binary('initdb'), [
      ...['-D', data, '-U', 'postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`],
      ...['--no-sync', '--encoding=UTF8', '--locale=C'],
    ])
    const settings = [
      'fsync=off',
      // For logical replication; it costs nothing where nobody uses it.
      'wal_level=logical',
      ...(tls === undefined ? [] : ['ssl=on', `ssl_cert_file=${tls.certPath}`, `ssl_key_file=${tls.keyPath}`]),
    ]
    return {
      commands: [
        {
          path: binary('postgres'),
          arguments: [
            ...['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', directory],
            ...settings.flatMap((setting) => ['-c', setting]),
          ],
        },
      ],
      url: `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`,
      // Fast shutdown: ends the sessions that are open (https://www.postgresql.org/docs/current/server-shutdown.html).
      stopSignal: 'SIGINT',
    }
  },
}
