import type { System } from '../system.ts'

/** MySQL's protocol, served by MariaDB; the account `casare` may do everything. */
export const mysql: System = {
  name: 'mysql',
  title: 'MariaDB',
  standardUrl: 'mysql://root@127.0.0.1:3306/',
  debianPackages: ['mariadb-server'],
  binaries: ['mariadbd', 'mariadb-install-db'],
  folders: ['/usr/sbin'],
  account: 'mysql',
  tls: true,
  tlsFirst: false,
  greeting: {
    read(answer) {
      // HandshakeV10: length and sequence (4 bytes), 10, then the version up to a zero byte
      // (https://mariadb.com/kb/en/connection/#initial-handshake-packet).
      if (answer.length < 6) return undefined
      if (answer[4] !== 10) throw new Error('The server refuses, or does not speak the protocol of MySQL.')
      const end = answer.indexOf(0, 5)
      if (end < 0) return undefined
      return { version: answer.toString('latin1', 5, end).replace(/^5\.5\.5-/, '') }
    },
  },
  container: {
    image: 'mariadb:11.4',
    port: 3306,
    environment: { MARIADB_ALLOW_EMPTY_ROOT_PASSWORD: '1', MARIADB_ROOT_HOST: '%' },
    arguments: ['--local-infile=1'],
  },
  async launch({ binary, directory, port, password, tls, run, write }) {
    const data = `${directory}/data`
    await run(binary('mariadb-install-db'), [
      ...['--no-defaults', `--datadir=${data}`, '--auth-root-authentication-method=normal'],
      // Two that are made at the same time would take each other's temporary tables from /tmp.
      ...['--skip-test-db', `--tmpdir=${directory}`],
    ])
    const accounts = write(
      'accounts.sql',
      `CREATE USER 'casare'@'127.0.0.1' IDENTIFIED BY '${password}';\n` +
        "GRANT ALL ON *.* TO 'casare'@'127.0.0.1' WITH GRANT OPTION;\nDROP USER IF EXISTS ''@'localhost';\n",
    )
    return {
      commands: [
        {
          path: binary('mariadbd'),
          arguments: [
            ...['--no-defaults', `--datadir=${data}`, `--port=${port}`, '--bind-address=127.0.0.1'],
            ...[`--socket=${directory}/server.sock`, `--pid-file=${directory}/server.pid`, `--init-file=${accounts}`],
            `--tmpdir=${directory}`,
            ...['--local-infile=1', '--skip-name-resolve', '--innodb-flush-log-at-trx-commit=0'],
            ...(tls === undefined
              ? []
              : [`--ssl-ca=${tls.caPath}`, `--ssl-cert=${tls.certPath}`, `--ssl-key=${tls.keyPath}`]),
          ],
        },
      ],
      url: `mysql://casare:${password}@127.0.0.1:${port}/`,
    }
  },
}
