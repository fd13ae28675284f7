import { spawn, type ChildProcess } from 'node:child_process'
import type { Account } from './account-of.ts'
import { findBinary } from './find-binary.ts'
import type { Command, Launch } from './system.ts'

/** What is kept of what a server writes, in characters. */
const outputLimit = 65_536
const graceMs = 10_000

/** The processes of one instance. */
export interface RunningServer {
  /** Process id of the server itself. */
  readonly processId: number
  readonly exited: Promise<void>
  ended(): boolean
  /** What the processes have written, the end of it. */
  output(): string
  /** Ends all of them: gently, and after 10 s not so. */
  stop(): Promise<void>
}

export interface StartOptions {
  readonly account: Account | undefined
  readonly environment: Readonly<Record<string, string>>
}

/** Starts the processes of an instance, each in a group of its own. */
export function startServer(launch: Launch, { account, environment }: StartOptions): RunningServer {
  let output = ''
  const children = launch.commands.map((command) => {
    const [path, commandArguments] = tied(command, account)
    const child = spawn(path, commandArguments, {
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
      env: { ...(command.environment ?? environment) },
      cwd: environment['HOME'],
    })
    const collect = (bytes: Buffer): void => {
      output = (output + bytes.toString()).slice(-outputLimit)
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    child.on('error', (error) => collect(Buffer.from(error.message)))
    child.stdin.on('error', () => undefined)
    return { child, gone: new Promise<void>((resolve) => child.once('close', () => resolve())) }
  })
  const server = children.at(-1)
  if (server === undefined) throw new Error('An instance has at least one process.')
  return {
    processId: server.child.pid ?? 0,
    exited: server.gone,
    ended: () => !isRunning(server.child),
    output: () => output,
    async stop() {
      for (const { child, gone } of children.toReversed()) {
        if (isRunning(child)) signalGroup(child, launch.stopSignal ?? 'SIGTERM')
        const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), graceMs)
        await gone
        clearTimeout(timer)
        // Whatever it has left behind in its group.
        signalGroup(child, 'SIGKILL')
      }
    },
  }
}

function isRunning(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, signal)
  } catch {
    // The group is gone.
  }
}

/**
 * The command under its account and, on Linux, tied to this process: the kernel ends it should the supervisor itself be
 * killed (https://man7.org/linux/man-pages/man1/setpriv.1.html). A process that runs as another account cannot be tied
 * before it has become that, so setpriv does both.
 */
function tied(command: Command, account: Account | undefined): [string, string[]] {
  const setpriv = process.platform === 'linux' ? findBinary('setpriv', ['/usr/bin']) : undefined
  if (setpriv === undefined) {
    if (account !== undefined) throw new Error('Running as root needs setpriv, of the package util-linux.')
    return [command.path, [...command.arguments]]
  }
  const become =
    account === undefined ? [] : [`--reuid=${account.userId}`, `--regid=${account.groupId}`, '--clear-groups']
  return [setpriv, [...become, '--pdeathsig', 'KILL', command.path, ...command.arguments]]
}
