import type { System } from '../system.ts'

/** MQTT 3.1.1 and 5, served by Mosquitto (https://mosquitto.org/man/mosquitto-conf-5.html). */
export const mqtt: System = {
  name: 'mqtt',
  title: 'Mosquitto',
  standardUrl: 'mqtt://127.0.0.1:1883',
  debianPackages: ['mosquitto'],
  binaries: ['mosquitto', 'mosquitto_passwd'],
  folders: ['/usr/sbin'],
  versionCommand: ['mosquitto', '-h'],
  account: 'mosquitto',
  tls: true,
  tlsFirst: true,
  greeting: {
    // CONNECT of MQTT 3.1.1: clean session, keep-alive 10 s, no client identifier.
    send: Buffer.from([0x10, 12, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 10, 0, 0]),
    read(answer) {
      if (answer.length < 4) return undefined
      if (answer[0] !== 0x20) throw new Error('The server does not speak MQTT.')
      return { version: undefined }
    },
  },
  container: {
    image: 'eclipse-mosquitto:2.0',
    port: 1883,
    environment: {},
    arguments: ['mosquitto', '-c', '/mosquitto-no-auth.conf'],
  },
  async launch({ binary, directory, port, password, tls, run, write }) {
    const passwords = write('passwords', `casare:${password}\n`)
    await run(binary('mosquitto_passwd'), ['-U', passwords])
    const configuration = write(
      'mosquitto.conf',
      `listener ${port} 127.0.0.1\nallow_anonymous false\npassword_file ${passwords}\npersistence true\n` +
        `persistence_location ${directory}/\n` +
        (tls === undefined ? '' : `certfile ${tls.certPath}\nkeyfile ${tls.keyPath}\n`),
    )
    return {
      commands: [{ path: binary('mosquitto'), arguments: ['-c', configuration] }],
      url: `${tls === undefined ? 'mqtt' : 'mqtts'}://casare:${password}@127.0.0.1:${port}`,
    }
  },
}
