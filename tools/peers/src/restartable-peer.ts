import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { accountOf } from './account-of.ts'
import { findBinary } from './find-binary.ts'
import { freePorts } from './free-ports.ts'
import { greet } from './greet.ts'
import { createInstanceFolder } from './instance-folder.ts'
import { startServer, type RunningServer } from './start-server.ts'
import type { SystemName } from './system.ts'
import { systems } from './systems/index.ts'

const bootTimeoutMs = 90_000
const pollMs = 50

/** A private instance that keeps its data and its port when it is killed. It ends with this process. */
export interface RestartablePeer {
  readonly url: string
  /** Absolute path of its data. */
  readonly directory: string
  /** Starts it, and resolves when it answers. */
  start(): Promise<void>
  /** Ends it with SIGKILL. */
  kill(): Promise<void>
  /** Runs a program in the server's folder, environment and account. */
  run(program: string, programArguments: readonly string[]): Promise<void>
  /** Ends it and removes its data. */
  stop(): Promise<void>
}

/**
 * Makes a private instance of an installed system, without TLS; nothing runs before `start`.
 *
 * @throws when a program of the system is missing
 */
export async function restartablePeer(name: SystemName): Promise<RestartablePeer> {
  const system = systems[name]
  const account = accountOf(system)
  const folder = createInstanceFolder(name)
  const directory = join(folder.site, 'data')
  const own = (path: string, mode: number): void => {
    chmodSync(path, mode)
    if (account !== undefined) chownSync(path, account.userId, account.groupId)
  }
  mkdirSync(directory)
  own(directory, 0o700)
  for (const path of [folder.path, folder.site]) chmodSync(path, 0o711)
  const environment = { PATH: process.env['PATH'] ?? '', HOME: directory, LC_ALL: 'C' }
  const identity = account === undefined ? {} : { uid: account.userId, gid: account.groupId }
  const binary = (program: string): string => {
    const path = findBinary(program, system.folders)
    if (path === undefined) throw new Error(`${system.title}: ${program} is not installed.`)
    return path
  }
  const execute = async (path: string, programArguments: readonly string[], env: object): Promise<void> => {
    await promisify(execFile)(path, [...programArguments], { cwd: directory, env: { ...env }, ...identity })
  }
  const [port = 0, ...morePorts] = await freePorts(3)
  const launch = await system.launch({
    directory,
    port,
    morePorts,
    password: randomBytes(12).toString('hex'),
    tls: undefined,
    binary,
    run: (path, programArguments) => execute(path, programArguments, environment),
    write(file, text) {
      const path = join(directory, file)
      writeFileSync(path, text)
      own(path, 0o600)
      return path
    },
  })
  if (typeof launch.url !== 'string') throw new Error(`${system.title} chooses its own port and cannot be restarted.`)
  let server: RunningServer | undefined
  return {
    url: launch.url,
    directory,
    async start() {
      server = startServer(launch, { account, environment })
      const until = performance.now() + bootTimeoutMs
      const answers = (): Promise<boolean> =>
        greet(system, { host: '127.0.0.1', port, timeoutMs: 2_000 }).then(
          () => true,
          () => false,
        )
      while (!(await answers())) {
        if (server.ended() || performance.now() > until)
          throw new Error(`${system.title} does not start: ${server.output().slice(-1_000)}`)
        await sleep(pollMs)
      }
    },
    async kill() {
      if (server === undefined) return
      process.kill(-server.processId, 'SIGKILL')
      await server.stop()
    },
    run: (program, programArguments) =>
      execute(binary(program), programArguments, launch.commands.at(-1)?.environment ?? environment),
    async stop() {
      await server?.stop()
      folder.remove()
    },
  }
}
