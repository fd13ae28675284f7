import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Greeting } from '../system.ts'

const modules = new URL('../../../../node_modules/', import.meta.url)

/** Where npm puts the programs of this repository's dependencies. */
export const npmPrograms = fileURLToPath(new URL('.bin', modules))

/** The first words of HTTP: any answer will do. The version is that of the npm package. */
export function httpGreeting(npmPackage: string): Greeting {
  return {
    send: Buffer.from('GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n'),
    read(answer) {
      const text = answer.toString('latin1')
      if (text.length >= 5 && !text.startsWith('HTTP/')) throw new Error('The server does not speak HTTP.')
      if (text.length < 5) return undefined
      const manifest = readFileSync(new URL(`${npmPackage}/package.json`, modules), 'utf8')
      return { version: (JSON.parse(manifest) as { version: string }).version }
    },
  }
}
