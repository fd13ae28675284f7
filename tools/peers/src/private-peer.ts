import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Report } from './boot-instance.ts'
import type { SystemName } from './system.ts'

/** A private instance that answers. */
export interface PrivatePeer extends Report {
  /** Process id of its supervisor. */
  readonly supervisorId: number
  /** Ends it and removes its folder; resolves when both are gone. May be called twice. */
  stop(): Promise<void>
}

/**
 * Starts a private instance on a port and in a folder of its own. It ends with `stop()`, and with this process, however
 * that ends; waiting for it does not keep this process alive.
 *
 * @throws when it does not start; the message holds its last lines
 */
export async function startPrivatePeer(name: SystemName, options: { readonly tls: boolean }): Promise<PrivatePeer> {
  const supervisor = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      fileURLToPath(new URL('./supervisor.ts', import.meta.url)),
      name,
      ...(options.tls ? ['--tls'] : []),
    ],
    // A session of its own: Ctrl-C in a terminal is for the tests, which then let go of it.
    { stdio: ['pipe', 'pipe', 'inherit'], detached: true },
  )
  const exited = once(supervisor, 'exit')
  supervisor.stdin.on('error', () => undefined)
  let line = ''
  for await (const bytes of supervisor.stdout.iterator({ destroyOnReturn: false })) {
    line += String(bytes)
    if (line.includes('\n')) break
  }
  const answer = JSON.parse(line === '' ? '{"error":"The supervisor ended."}' : line) as Report | { error: string }
  if ('error' in answer) {
    supervisor.stdin.end()
    await exited
    throw new Error(answer.error)
  }
  supervisor.unref()
  for (const pipe of [supervisor.stdin, supervisor.stdout]) (pipe as unknown as { unref(): void }).unref()
  return {
    ...answer,
    supervisorId: supervisor.pid ?? 0,
    async stop() {
      supervisor.ref()
      supervisor.stdin.end()
      await exited
    },
  }
}
