import { readFile } from 'node:fs/promises'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { setTimeout as sleep } from 'node:timers/promises'

/** Sends commands to a Redis, inline (https://redis.io/docs/latest/develop/reference/protocol-spec/#inline-commands). */
export async function redisCommands(url: string, commands: readonly string[], ca?: string): Promise<string> {
  const { port, password, protocol } = new URL(url)
  const socket: Socket =
    protocol === 'rediss:'
      ? connectTls({ host: '127.0.0.1', port: Number(port), ...(ca === undefined ? {} : { ca }) })
      : connect({ host: '127.0.0.1', port: Number(port) })
  await once(socket, protocol === 'rediss:' ? 'secureConnect' : 'connect')
  for (const command of [`AUTH ${password}`, ...commands, 'QUIT']) socket.write(`${command}\r\n`)
  let answer = ''
  for await (const bytes of socket) answer += String(bytes)
  return answer
}

/** Whether there is a process of this id, be it dead and not yet collected. */
export function exists(processId: number): boolean {
  try {
    process.kill(processId, 0)
    return true
  } catch {
    return false
  }
}

/** Whether the process runs; one that is dead and not yet collected does not. */
export async function isRunning(processId: number): Promise<boolean> {
  if (!exists(processId)) return false
  const status = await readFile(`/proc/${processId}/stat`, 'utf8').catch(() => '')
  return !/\) Z /.test(status)
}

const patienceMs = 20_000

/**
 * Waits until something holds.
 *
 * @throws when it does not within 20 s
 */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + patienceMs
  while (!(await holds())) {
    if (performance.now() > end) throw new Error('It did not come to pass.')
    await sleep(20)
  }
}
