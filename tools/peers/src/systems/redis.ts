import type { System } from '../system.ts'

/** Redis (https://redis.io/docs/latest/operate/oss_and_stack/management/config/). */
export const redis: System = {
  name: 'redis',
  title: 'Redis',
  standardUrl: 'redis://127.0.0.1:6379',
  debianPackages: ['redis-server'],
  binaries: ['redis-server'],
  folders: [],
  tls: true,
  tlsFirst: true,
  greeting: {
    send: Buffer.from('*2\r\n$4\r\nINFO\r\n$6\r\nserver\r\n'),
    read(answer) {
      const text = answer.toString('latin1')
      if (text.startsWith('-NOAUTH')) return { version: undefined }
      if (text.startsWith('-')) throw new Error(text.trim())
      const version = /redis_version:(\S+)/.exec(text)?.[1]
      return version === undefined ? undefined : { version }
    },
  },
  container: { image: 'redis:7.4', port: 6379, environment: {}, arguments: [] },
  async launch({ binary, directory, port, password, tls }) {
    const ports =
      tls === undefined
        ? ['--port', String(port)]
        : [
            ...['--port', '0', '--tls-port', String(port), '--tls-auth-clients', 'no'],
            ...['--tls-cert-file', tls.certPath, '--tls-key-file', tls.keyPath, '--tls-ca-cert-file', tls.caPath],
          ]
    return {
      commands: [
        {
          path: binary('redis-server'),
          arguments: [
            ...ports,
            ...['--bind', '127.0.0.1', '--dir', directory, '--requirepass', password],
            ...['--save', '', '--appendonly', 'no', '--daemonize', 'no'],
          ],
        },
      ],
      url: `${tls === undefined ? 'redis' : 'rediss'}://:${password}@127.0.0.1:${port}`,
    }
  },
}
