// A private registry on loopback, as a process of its own: it serves until its standard input closes, which also
// happens when the parent is killed, and then takes with it what the rehearsal left: its processes and its folder.
// argv: FOLDER UPLINK. Prints its address on one line; reads "+PID" and "-PID", process groups that start and end.
import { rmSync } from 'node:fs'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { runServer } from 'verdaccio'

const [folder, uplink] = process.argv.slice(2)
if (!folder || !uplink) throw new Error('usage: registry-process.ts FOLDER UPLINK')

const configuration = {
  storage: join(folder, 'storage'),
  self_path: join(folder, 'verdaccio.yaml'),
  configPath: join(folder, 'verdaccio.yaml'),
  web: { enable: false },
  uplinks: { upstream: { url: uplink, cache: true, timeout: '60s', maxage: '60m', max_fails: 10, fail_timeout: '1s' } },
  packages: {
    '@casare/*': { access: '$all', publish: '$all' },
    '**': { access: '$all', proxy: 'upstream' },
  },
  server: { keepAliveTimeout: 60 },
  max_body_size: '100mb',
  log: { type: 'stdout', format: 'pretty', level: 'fatal' },
}

const server = (await runServer(configuration)) as Server
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}/\n`)
})

const running = new Set<number>()
const input = createInterface(process.stdin)
input.on('line', (line) => {
  if (line.startsWith('+')) running.add(Number(line.slice(1)))
  else running.delete(Number(line.slice(1)))
})
input.on('close', () => {
  for (const processId of running) {
    try {
      process.kill(-processId, 'SIGKILL')
    } catch {
      // Ended by itself in the meantime.
    }
  }
  server.close()
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  process.exit(0)
})
// Ctrl-C reaches the whole process group; the parent decides when this ends, by closing the pipe.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => {})
