import type { System } from '../system.ts'

const brokers = 3

/**
 * Kafka's protocol, served by the mock cluster of librdkafka inside of kcat. It has no idempotent producer, no
 * transactions (aborted messages stay visible) and creates no topics on request.
 */
export const kafka: System = {
  name: 'kafka',
  title: 'Kafka (mock cluster of librdkafka)',
  standardUrl: 'kafka://127.0.0.1:9092',
  debianPackages: ['kcat'],
  binaries: ['kcat'],
  folders: [],
  versionCommand: ['kcat', '-V'],
  tls: false,
  tlsFirst: false,
  greeting: {
    // ApiVersions, version 0, correlation 1, client "c" (https://kafka.apache.org/protocol#The_Messages_ApiVersions).
    send: Buffer.from([0, 0, 0, 11, 0, 18, 0, 0, 0, 0, 0, 1, 0, 1, 0x63]),
    read(answer) {
      if (answer.length < 8) return undefined
      if (answer.readUInt32BE(4) !== 1) throw new Error('The server does not speak the protocol of Kafka.')
      return { version: undefined }
    },
  },
  async launch({ binary }) {
    return {
      commands: [
        {
          path: binary('kcat'),
          arguments: [
            ...['-P', '-t', 'boot', '-b', '127.0.0.1:1', '-d', 'mock'],
            ...['-X', `test.mock.num.brokers=${brokers}`],
          ],
        },
      ],
      url(output) {
        const addresses = /127\.0\.0\.1:\d+(?:,127\.0\.0\.1:\d+)+/.exec(output)?.[0]
        return addresses === undefined ? undefined : `kafka://${addresses}`
      },
      // While its standard input is open it runs, and it heeds no gentler signal.
      stopSignal: 'SIGKILL',
    }
  },
}
