import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from '@jest/globals'
import { runCommandLine } from '../../src/run-command-line.ts'

const root = fileURLToPath(new URL('../../../../../', import.meta.url))
const bin = join(root, 'packages/apps/cli/src/bin.ts')
const cache = join(root, 'node_modules/.cache')

/** What a command did. */
export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface CommandOptions {
  readonly folder?: string | undefined
  readonly env?: Readonly<Record<string, string>> | undefined
  readonly stdin?: string | undefined
}

/** Starts the command from its sources, as a user would: a process of its own. */
export function start(args: readonly string[], { folder, env, stdin }: CommandOptions = {}): ChildProcess {
  const child = spawn(process.execPath, ['--conditions=@casare/source', bin, ...args], {
    cwd: folder,
    // Without the compile cache each of these processes would strip the types of a hundred files again.
    env: { PATH: process.env['PATH'] ?? '', NODE_COMPILE_CACHE: join(cache, 'casare-cli-compiled'), ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  // A command that ends without reading its input closes the pipe.
  child.stdin.on('error', () => undefined)
  child.stdin.end(stdin ?? '')
  return child
}

/** The outcome of a command that was started. */
export async function ended(child: ChildProcess): Promise<Ended> {
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stdout, stderr }
}

/** Runs a command to its end. */
export function casare(args: readonly string[], options: CommandOptions = {}): Promise<Ended> {
  return ended(start(args, options))
}

/** Runs a command within this process, on outputs and an environment of its own. */
export async function casareHere(
  args: readonly string[],
  { folder = root, env = {}, stdin = '' }: CommandOptions = {},
  { isTTY = false }: { readonly isTTY?: boolean | undefined } = {},
): Promise<Ended> {
  let stdout = ''
  let stderr = ''
  // Secrets of the environment are read from the process itself.
  const before = { ...process.env }
  Object.assign(process.env, env)
  try {
    const code = await runCommandLine(args, {
      stdout: { write: (text) => (stdout += text), isTTY, columns: 100 },
      stderr: { write: (text) => (stderr += text), isTTY, columns: 100 },
      stdin: (async function* () {
        yield stdin
      })(),
      env,
      folder,
      program: 'casare',
      onSignal: () => () => undefined,
      exit: () => undefined,
    })
    return { code, stdout, stderr }
  } finally {
    for (const name of Object.keys(env)) {
      if (before[name] === undefined) delete process.env[name]
      else process.env[name] = before[name]
    }
  }
}

/** A folder whose project is this repository, so that its connectors are found; `remove` it in the end. */
export async function projectFolder(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  await mkdir(cache, { recursive: true })
  const path = await mkdtemp(join(cache, 'casare-cli-'))
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}

/** Writes a file into a folder of its own below `parent`. @returns the folder. */
export async function inFolder(parent: string, name: string, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = join(parent, name)
  await mkdir(folder, { recursive: true })
  for (const [file, text] of Object.entries(files)) await writeFile(join(folder, file), text)
  return folder
}

/** The value of every secret in these tests. */
export const secretValue = 's3cr3t-value-0123456789'

/** What is true of every failure: nothing but the error's lines, no stack, no secret. */
export function expectCleanFailure({ code, stdout, stderr }: Ended, expected: number): void {
  expect({ code, stderr }).toEqual({ code: expected, stderr: expect.stringContaining('Error: ') })
  for (const text of [stdout, stderr]) {
    expect(text).not.toMatch(/^\s+at /m)
    expect(text).not.toContain(secretValue)
    expect(text).not.toContain('node:internal')
  }
}
