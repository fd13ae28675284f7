import type { System } from '../system.ts'

/** RabbitMQ, with an Erlang port mapper of its own: the usual one outlives its broker. */
export const rabbitmq: System = {
  name: 'rabbitmq',
  title: 'RabbitMQ',
  standardUrl: 'amqp://guest:guest@127.0.0.1:5672',
  debianPackages: ['rabbitmq-server'],
  binaries: ['rabbitmq-server', 'epmd'],
  folders: ['/usr/lib/rabbitmq/bin'],
  account: 'rabbitmq',
  tls: true,
  tlsFirst: true,
  greeting: {
    send: Buffer.from('AMQP\0\0\x09\x01', 'latin1'),
    read(answer) {
      if (answer.toString('latin1', 0, 4) === 'AMQP') throw new Error('The server does not speak AMQP 0-9-1.')
      // Connection.Start holds the field "version" as a long string: S, 4 bytes of length, text.
      const at = answer.indexOf('\x07versionS', 0, 'latin1')
      if (at < 0 || answer.length < at + 13) return undefined
      const length = answer.readUInt32BE(at + 9)
      return { version: answer.toString('latin1', at + 13, at + 13 + length) }
    },
  },
  container: { image: 'rabbitmq:4.1', port: 5672, environment: {}, arguments: [] },
  async launch({ binary, directory, port, morePorts, password, tls, write }) {
    const [distributionPort, mapperPort] = morePorts
    const listener =
      tls === undefined
        ? `listeners.tcp.1 = 127.0.0.1:${port}\n`
        : `listeners.tcp = none\nlisteners.ssl.1 = 127.0.0.1:${port}\nssl_options.cacertfile = ${tls.caPath}\n` +
          `ssl_options.certfile = ${tls.certPath}\nssl_options.keyfile = ${tls.keyPath}\n` +
          'ssl_options.verify = verify_none\nssl_options.fail_if_no_peer_cert = false\n'
    const configuration = write(
      'rabbitmq.conf',
      `${listener}default_user = casare\ndefault_pass = ${password}\nlog.console = true\nlog.file = false\n`,
    )
    const plugins = write('enabled_plugins', '[].\n')
    const environment = {
      PATH: '/usr/local/bin:/usr/bin:/bin:/usr/lib/rabbitmq/bin',
      HOME: directory,
      // With this the start script becomes the broker instead of waiting for it in front.
      RUNNING_UNDER_SYSTEMD: 'true',
      RABBITMQ_NODENAME: `casare${port}@localhost`,
      RABBITMQ_MNESIA_BASE: `${directory}/mnesia`,
      RABBITMQ_LOG_BASE: `${directory}/log`,
      RABBITMQ_LOGS: '-',
      RABBITMQ_CONFIG_FILE: configuration,
      RABBITMQ_ENABLED_PLUGINS_FILE: plugins,
      RABBITMQ_CONF_ENV_FILE: '/dev/null',
      RABBITMQ_DIST_PORT: String(distributionPort),
      ERL_EPMD_PORT: String(mapperPort),
      ERL_EPMD_ADDRESS: '127.0.0.1',
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
    }
    return {
      commands: [
        { path: binary('epmd'), arguments: ['-address', '127.0.0.1', '-port', String(mapperPort)] },
        { path: binary('rabbitmq-server'), arguments: [], environment },
      ],
      url: `${tls === undefined ? 'amqp' : 'amqps'}://casare:${password}@127.0.0.1:${port}`,
    }
  },
}
