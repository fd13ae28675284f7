import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { System } from './system.ts'

/** Where to greet. */
export interface GreetOptions {
  readonly host: string
  readonly port: number
  /** Speak TLS from the first byte, trusting this authority; `true` trusts the usual ones. */
  readonly tls?: string | true | undefined
  /** The longest wait for a full answer, in milliseconds. */
  readonly timeoutMs: number
}

/**
 * Says a system's first words and reads the answer.
 *
 * @returns the server's version, where it tells that to strangers
 * @throws when nobody listens, when the answer is another system's, and when none comes in time
 */
export function greet(system: System, { host, port, tls, timeoutMs }: GreetOptions): Promise<string | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<string | undefined>()
  const { send } = system.greeting
  const begin = (): void => {
    if (send !== undefined) socket.write(send)
  }
  const socket: Socket =
    tls === undefined
      ? connect({ host, port }, begin)
      : connectTls({ host, port, ...(tls === true ? {} : { ca: tls }) }, begin)
  let answer = Buffer.alloc(0)
  socket.setTimeout(timeoutMs, () => {
    reject(new Error(`${system.title} at ${host}:${port} did not answer within ${timeoutMs} ms.`))
    socket.destroy()
  })
  socket.on('data', (bytes: Buffer) => {
    answer = Buffer.concat([answer, bytes])
    try {
      const found = system.greeting.read(answer)
      if (found !== undefined) resolve(found.version)
      else return
    } catch (error) {
      reject(error instanceof Error ? error : new Error(String(error)))
    }
    socket.destroy()
  })
  socket.on('error', reject)
  socket.on('close', () => reject(new Error(`${system.title} at ${host}:${port} closed the connection.`)))
  return promise
}
