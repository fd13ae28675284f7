import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { freePorts } from './free-ports.ts'
import { greet } from './greet.ts'
import type { System } from './system.ts'

const bootTimeoutMs = 180_000
const pollMs = 200

/** A container that answers. */
export interface ContainerPeer {
  readonly url: string
  readonly version: string | undefined
  stop(): Promise<void>
}

/**
 * Runs the system in a container of its own, on a free port of 127.0.0.1. It is removed by `stop()`, and by a process
 * beside this one when this one dies.
 *
 * @throws when Docker does not start it, or it does not answer within 3 minutes (an image is fetched the first time)
 */
export async function startContainerPeer(system: System): Promise<ContainerPeer> {
  const { container } = system
  if (container === undefined) throw new Error(`${system.title} cannot be run by Docker on a port of our choice.`)
  const name = `casare-peer-${system.name}-${randomBytes(6).toString('hex')}`
  const [port = 0] = await freePorts(1)
  const watchdog = spawn(process.execPath, [fileURLToPath(new URL('./remove-container.ts', import.meta.url)), name], {
    stdio: ['pipe', 'ignore', 'inherit'],
    detached: true,
  })
  const exited = once(watchdog, 'exit')
  const stop = async (): Promise<void> => {
    watchdog.ref()
    watchdog.stdin.end()
    await exited
  }
  try {
    await promisify(execFile)('docker', [
      ...['run', '--detach', '--rm', '--name', name, '--publish', `127.0.0.1:${port}:${container.port}`],
      ...Object.entries(container.environment).flatMap(([key, value]) => ['--env', `${key}=${value}`]),
      ...[container.image, ...container.arguments],
    ])
    const version = await answering(system, port)
    watchdog.unref()
    ;(watchdog.stdin as unknown as { unref(): void }).unref()
    const url = new URL(system.standardUrl)
    url.port = String(port)
    return { url: url.href, version, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function answering(system: System, port: number): Promise<string | undefined> {
  const until = performance.now() + bootTimeoutMs
  for (;;) {
    try {
      return await greet(system, { host: '127.0.0.1', port, timeoutMs: 2_000 })
    } catch (error) {
      if (performance.now() > until) throw error
      await sleep(pollMs)
    }
  }
}
