import { fileURLToPath } from 'node:url'
import type { System } from '../system.ts'
import { httpGreeting, npmPrograms } from './npm-programs.ts'

/**
 * SQS, SNS and S3 (https://github.com/kibertoad/fauxqs). It checks no signature, knows no partial failure of a batch and no
 * StartMessageMoveTask, and takes receipt handles that it never gave.
 */
export const fauxqs: System = {
  name: 'fauxqs',
  title: 'SQS and S3 (fauxqs)',
  standardUrl: 'http://127.0.0.1:4566',
  debianPackages: [],
  binaries: ['fauxqs'],
  folders: [npmPrograms],
  tls: false,
  tlsFirst: false,
  greeting: httpGreeting('fauxqs'),
  async launch({ port }) {
    const script = fileURLToPath(new URL('./fauxqs-server.ts', import.meta.url))
    return {
      commands: [
        { path: process.execPath, arguments: ['--disable-warning=ExperimentalWarning', script, String(port)] },
      ],
      url: `http://127.0.0.1:${port}`,
    }
  },
}
