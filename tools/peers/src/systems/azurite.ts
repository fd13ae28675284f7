import type { System } from '../system.ts'
import { httpGreeting, npmPrograms } from './npm-programs.ts'

/** Blobs and queues of Azure Storage (https://github.com/Azure/Azurite); the URL is that of the queues, its fragment tells the port of the blobs. */
export const azurite: System = {
  name: 'azurite',
  title: 'Azure Storage (Azurite)',
  standardUrl: 'http://127.0.0.1:10001/devstoreaccount1',
  debianPackages: [],
  binaries: ['azurite'],
  folders: [npmPrograms],
  tls: false,
  tlsFirst: false,
  greeting: httpGreeting('azurite'),
  async launch({ binary, port, morePorts }) {
    const [blobPort = 0, tablePort = 0] = morePorts
    return {
      commands: [
        {
          path: process.execPath,
          arguments: [
            binary('azurite'),
            ...['--queueHost', '127.0.0.1', '--queuePort', String(port)],
            ...['--blobHost', '127.0.0.1', '--blobPort', String(blobPort)],
            ...['--tableHost', '127.0.0.1', '--tablePort', String(tablePort)],
            ...['--inMemoryPersistence', '--disableTelemetry', '--skipApiVersionCheck'],
            '--silent',
          ],
        },
      ],
      url: `http://127.0.0.1:${port}/devstoreaccount1#blob=${blobPort}`,
    }
  },
}
