import type { System } from '../system.ts'

/** NATS with JetStream (https://docs.nats.io/running-a-nats-service/introduction/flags). */
export const nats: System = {
  name: 'nats',
  title: 'NATS JetStream',
  standardUrl: 'nats://127.0.0.1:4222',
  debianPackages: ['nats-server'],
  binaries: ['nats-server'],
  folders: ['/usr/sbin'],
  tls: true,
  tlsFirst: false,
  greeting: {
    read(answer) {
      const text = answer.toString('latin1')
      if (!'INFO '.startsWith(text.slice(0, 5))) throw new Error('The server does not speak the protocol of NATS.')
      if (!text.includes('\r\n')) return undefined
      return { version: /"version":"([^"]+)"/.exec(text)?.[1] }
    },
  },
  container: { image: 'nats:2.11', port: 4222, environment: {}, arguments: ['-js'] },
  async launch({ binary, directory, port, password, tls }) {
    return {
      commands: [
        {
          path: binary('nats-server'),
          arguments: [
            ...['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', directory, '--user', 'casare', '--pass', password],
            ...(tls === undefined ? [] : ['--tls', '--tlscert', tls.certPath, '--tlskey', tls.keyPath]),
          ],
        },
      ],
      url: `${tls === undefined ? 'nats' : 'tls'}://casare:${password}@127.0.0.1:${port}`,
    }
  },
}
