import { spawn } from 'node:child_process'

/** How a command went. */
export interface CommandResult {
  exitCode: number
  stdout: string
  stderr: string
}

/** Options of {@link run}. */
export interface RunOptions {
  /** The folder in which the command runs. */
  cwd: string
  /** Variables beside (or, as `undefined`, instead of) those of this process. */
  env?: Record<string, string | undefined> | undefined
  /** Milliseconds after which the command is killed. Default 300,000. */
  timeoutMs?: number | undefined
  /** Told of each process, a group of its own then, when it starts and when it has ended. */
  watcher?: ProcessWatcher | undefined
}

/** Someone who ends the processes that are still there when this one dies. */
export interface ProcessWatcher {
  started(processId: number): void
  ended(processId: number): void
}

/** Runs a command to its end and collects what it prints; never throws for its exit code. */
export async function run(command: string, args: readonly string[], options: RunOptions): Promise<CommandResult> {
  const { promise, resolve, reject } = Promise.withResolvers<CommandResult>()
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: options.timeoutMs ?? 300_000,
    detached: options.watcher !== undefined,
  })
  if (child.pid !== undefined) options.watcher?.started(child.pid)
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  child.on('error', reject)
  child.on('close', (code) => {
    if (child.pid !== undefined) options.watcher?.ended(child.pid)
    resolve({ exitCode: code ?? 1, stdout, stderr })
  })
  return promise
}

/**
 * Runs npm with none of the settings that an outer `npm run` hands down, so that a rehearsal in a temporary folder is
 * not steered by the workspace.
 *
 * @throws when npm fails, with what it printed
 */
export async function runNpm(args: readonly string[], options: RunOptions): Promise<string> {
  const inherited = Object.keys(process.env).filter((name) => /^npm_/i.test(name) && !/^npm_config_cafile$/i.test(name))
  const env = { ...Object.fromEntries(inherited.map((name) => [name, undefined])), ...options.env }
  const result = await run('npm', args, { ...options, env })
  if (result.exitCode !== 0)
    throw new Error(`npm ${args.join(' ')} failed in ${options.cwd}\n${result.stdout}${result.stderr}`)
  return result.stdout
}
