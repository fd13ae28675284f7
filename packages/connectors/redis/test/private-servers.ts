import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bareClient, until, type Bare } from './support.ts'

/** A server of the test's own on loopback, with a bare client on it. */
export interface PrivateServer {
  readonly port: number
  readonly bare: Bare
  stop(): Promise<void>
}

/** @param options what it is started with, beside its port and folder; with a `sentinel` file it is one */
export async function startServer(options: readonly string[], sentinel?: string): Promise<PrivateServer> {
  const directory = await mkdtemp(join(tmpdir(), 'casare-redis-'))
  const [port, busPort] = [await freePort(), await freePort()]
  const own = ['--port', String(port), '--bind', '127.0.0.1', '--dir', directory]
  const cluster = options.includes('--cluster-enabled') ? ['--cluster-port', String(busPort)] : []
  const file = join(directory, 'sentinel.conf')
  if (sentinel !== undefined) await writeFile(file, sentinel)
  const kind = sentinel === undefined ? ['--save', '', '--appendonly', 'no'] : ['--sentinel']
  const child = spawn(
    'redis-server',
    [...(sentinel === undefined ? [] : [file]), ...own, ...kind, ...cluster, ...options],
    { stdio: 'ignore' },
  )
  const url = `redis://127.0.0.1:${port}`
  let bare = bareClient(url)
  await until(async () => {
    try {
      await bare.connect()
      return true
    } catch {
      bare = bareClient(url)
      return false
    }
  }, `the server on ${port} does not answer`)
  return {
    port,
    bare,
    async stop() {
      if (bare.isOpen) bare.destroy()
      await kill(child)
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** What a server answers, as text. */
export async function said({ bare }: PrivateServer, ...command: string[]): Promise<string> {
  const reply: unknown = await bare.sendCommand(command)
  return typeof reply === 'string' ? reply : JSON.stringify(reply)
}

/** Three nodes that share the slots among them. */
export async function startCluster(): Promise<readonly PrivateServer[]> {
  const options = [
    '--cluster-enabled',
    'yes',
    '--cluster-require-full-coverage',
    'no',
    '--cluster-node-timeout',
    '15000',
  ]
  const nodes = await Promise.all([0, 1, 2].map(() => startServer(options)))
  const shares = [
    [0, 5_460],
    [5_461, 10_922],
    [10_923, 16_383],
  ] as const
  for (const [index, { bare }] of nodes.entries())
    await bare.sendCommand(['CLUSTER', 'ADDSLOTSRANGE', ...(shares[index] ?? []).map(String)])
  const [first] = nodes
  for (const one of nodes.slice(1)) {
    const [, bus = ''] = /@(\d+)/.exec(await said(one, 'CLUSTER', 'NODES')) ?? []
    await first?.bare.sendCommand(['CLUSTER', 'MEET', '127.0.0.1', String(one.port), bus])
  }
  await until(async () => {
    const states = await Promise.all(nodes.map((one) => said(one, 'CLUSTER', 'INFO')))
    return states.every((state) => /cluster_state:ok/.test(state) && /cluster_slots_assigned:16384/.test(state))
  }, 'the cluster does not form')
  return nodes
}

async function kill(server: ChildProcess): Promise<void> {
  const exited = once(server, 'exit')
  if (server.exitCode !== null || !server.kill('SIGKILL')) return
  await exited
}

async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
