import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { accountOf } from './account-of.ts'
import { makeCertificates } from './certificates.ts'
import { findBinary } from './find-binary.ts'
import { freePorts } from './free-ports.ts'
import { greet } from './greet.ts'
import type { InstanceFolder } from './instance-folder.ts'
import { startServer, type RunningServer } from './start-server.ts'
import type { Launch, Site, System } from './system.ts'

const bootTimeoutMs = 90_000
const pollMs = 50
const portTaken = /address (is )?already in use|could not bind|eaddrinuse/i

/** What the supervisor tells about an instance that answers. */
export interface Report {
  readonly url: string
  /** Version, from the server itself or its binary. */
  readonly version: string | undefined
  /** Certificate of the authority to trust, PEM; only with TLS. */
  readonly ca: string | undefined
  /** Process id of the server. */
  readonly processId: number
  /** Absolute path of the folder that holds all of it. */
  readonly folder: string
}

export interface Instance {
  readonly report: Report
  /** Resolves when the server has ended, wanted or not. */
  readonly exited: Promise<void>
  stop(): Promise<void>
}

export interface BootOptions {
  readonly folder: InstanceFolder
  readonly tls: boolean
  readonly signal: AbortSignal
}

/**
 * Starts a private instance of an installed system and waits until it answers.
 *
 * @throws when it ends before that, or does not answer within 90 s; the message holds its last lines
 */
export async function bootInstance(system: System, options: BootOptions): Promise<Instance> {
  const certificates = options.tls ? await makeCertificates() : undefined
  for (let attempt = 1; ; attempt += 1) {
    const { site, environment } = await prepareSite(system, options.folder, certificates)
    const launch = await system.launch(site)
    const server = startServer(launch, { account: accountOf(system), environment })
    try {
      const { url, version } = await answering(system, launch, site, server, certificates?.ca, options.signal)
      return {
        report: {
          url,
          version: version ?? (await versionOf(system, site)),
          ca: certificates?.ca,
          processId: server.processId,
          folder: options.folder.path,
        },
        exited: server.exited,
        stop: () => server.stop(),
      }
    } catch (error) {
      await server.stop()
      // Between finding a free port and listening on it, somebody else may take it.
      if (attempt < 3 && portTaken.test(server.output())) continue
      throw error
    }
  }
}

async function prepareSite(
  system: System,
  folder: InstanceFolder,
  certificates: Awaited<ReturnType<typeof makeCertificates>> | undefined,
): Promise<{ site: Site; environment: Record<string, string> }> {
  const account = accountOf(system)
  const own = (path: string, mode: number): void => {
    chmodSync(path, mode)
    if (account !== undefined) chownSync(path, account.userId, account.groupId)
  }
  const directory = join(folder.site, randomBytes(3).toString('hex'))
  mkdirSync(directory)
  own(directory, 0o700)
  if (account !== undefined) {
    chmodSync(folder.path, 0o711)
    chmodSync(folder.site, 0o711)
  }
  const write = (name: string, text: string): string => {
    const path = join(directory, name)
    writeFileSync(path, text)
    own(path, 0o600)
    return path
  }
  const environment = { PATH: process.env['PATH'] ?? '', HOME: directory, LC_ALL: 'C' }
  const [port = 0, ...morePorts] = await freePorts(3)
  const binary = (name: string): string => {
    const path = findBinary(name, system.folders)
    if (path === undefined) throw new Error(`${system.title}: ${name} is not installed.`)
    return path
  }
  const run = async (command: string, commandArguments: readonly string[]): Promise<void> => {
    await promisify(execFile)(command, [...commandArguments], {
      cwd: directory,
      env: environment,
      ...(account === undefined ? {} : { uid: account.userId, gid: account.groupId }),
    })
  }
  const tls =
    certificates === undefined
      ? undefined
      : {
          caPath: write('ca.pem', certificates.ca),
          certPath: write('cert.pem', certificates.cert),
          keyPath: write('key.pem', certificates.key),
        }
  const password = randomBytes(12).toString('hex')
  return { site: { directory, port, morePorts, password, tls, binary, run, write }, environment }
}

async function answering(
  system: System,
  launch: Launch,
  site: Site,
  server: RunningServer,
  ca: string | undefined,
  signal: AbortSignal,
): Promise<{ url: string; version: string | undefined }> {
  const until = performance.now() + bootTimeoutMs
  let reason: unknown
  while (performance.now() < until) {
    signal.throwIfAborted()
    if (server.ended()) throw new Error(`${system.title} ended while it started: ${server.output().slice(-1_000)}`)
    const url = typeof launch.url === 'string' ? launch.url : launch.url(server.output())
    if (url !== undefined) {
      const port = typeof launch.url === 'string' ? site.port : Number(/:(\d+)/.exec(url.slice(8))?.[1])
      const tls = system.tlsFirst ? ca : undefined
      try {
        return { url, version: await greet(system, { host: '127.0.0.1', port, tls, timeoutMs: 2_000 }) }
      } catch (error) {
        reason = error
      }
    }
    await sleep(pollMs)
  }
  throw new Error(`${system.title} does not answer (${String(reason)}): ${server.output().slice(-1_000)}`)
}

/** The first version number in what the program says about itself, whether or not it calls that a success. */
async function versionOf(system: System, site: Site): Promise<string | undefined> {
  const [program, ...programArguments] = system.versionCommand ?? [system.binaries.at(-1) ?? '', '--version']
  const said = await promisify(execFile)(site.binary(program), programArguments, { timeout: 5_000 }).catch(
    (error: unknown) => error as { stdout?: string; stderr?: string },
  )
  return /\d+\.\d+(?:\.\d+)?/.exec(`${said.stdout ?? ''}${said.stderr ?? ''}`)?.[0]
}
