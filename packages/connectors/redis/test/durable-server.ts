import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bareClient, until } from './support.ts'

/** A server of the test's own that loses nothing it has answered, however it ends (appendfsync always). */
export interface DurableServer {
  readonly url: string
  /** Ends it with SIGKILL and starts it again on the same data. */
  killAndRestart(): Promise<void>
  stop(): Promise<void>
}

export async function startDurableServer(): Promise<DurableServer> {
  const directory = await mkdtemp(join(tmpdir(), 'casare-redis-'))
  const port = await freePort()
  const url = `redis://127.0.0.1:${port}`
  let server = await boot(port, directory, url)
  return {
    url,
    async killAndRestart() {
      await kill(server)
      server = await boot(port, directory, url)
    },
    async stop() {
      await kill(server)
      await rm(directory, { recursive: true })
    },
  }
}

async function boot(port: number, directory: string, url: string): Promise<ChildProcess> {
  const options = ['--port', String(port), '--bind', '127.0.0.1', '--dir', directory, '--save', '']
  const server = spawn('redis-server', [...options, '--appendonly', 'yes', '--appendfsync', 'always'], {
    stdio: 'ignore',
  })
  await until(async () => {
    const client = bareClient(url)
    try {
      await client.connect()
      return (await client.ping()) === 'PONG'
    } catch {
      return false
    } finally {
      if (client.isOpen) client.destroy()
    }
  }, 'the server does not answer')
  return server
}

async function kill(server: ChildProcess): Promise<void> {
  const exited = once(server, 'exit')
  server.kill('SIGKILL')
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
