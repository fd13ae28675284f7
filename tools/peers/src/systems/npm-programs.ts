import { fileURLToPath } from 'node:url'

/** Where npm puts the programs of this repository's dependencies. */
export const npmPrograms = fileURLToPath(new URL('../../../../node_modules/.bin', import.meta.url))

/** The first words of HTTP: any answer will do. */
export const httpGreeting = {
  send: Buffer.from('GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n'),
  read(answer: Buffer): { readonly version: undefined } | undefined {
    const text = answer.toString('latin1')
    if (text.length >= 5 && !text.startsWith('HTTP/')) throw new Error('The server does not speak HTTP.')
    return text.length < 5 ? undefined : { version: undefined }
  },
}
