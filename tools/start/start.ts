// `npm start`: serves the example's API on a free loopback port and runs the example's flows against it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))
const example = fileURLToPath(new URL('../../examples/airports-and-flights/', import.meta.url))
const clientSecret = 'airports-and-flights-demo-secret'

const folder = relative(process.cwd(), example) || '.'
process.stdout.write(
  `Synchronising airports and flights from an API that misbehaves into ${folder}/out/warehouse.db\n\n`,
)
mkdirSync(`${example}out`, { recursive: true })

// A group of its own: Ctrl-C is for the flow, which still needs its source to drain. It ends with this process.
const server = spawn(
  process.execPath,
  [`${example}server/main.ts`, '--client-secret', clientSecret, ...process.argv.slice(2)],
  {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  },
)
const first = await Promise.race([once(server.stdout, 'data'), once(server, 'exit')])
if (!Buffer.isBuffer(first[0])) {
  process.stderr.write('The example API did not start; its reason stands above.\n')
  process.exit(1)
}
const { url } = JSON.parse(first[0].toString()) as { url: string }

const command = ['run', `${folder}/airports.yaml`, `${folder}/flights.yaml`, '--set', `api=${url}`]
const flow = spawn(
  process.execPath,
  ['--conditions=@casare/source', `${root}packages/apps/cli/src/bin.ts`, ...command],
  {
    stdio: 'inherit',
    env: { ...process.env, AIRPORTS_CLIENT_SECRET: clientSecret, CASARE_PROGRAM: 'npm run -s casare --' },
  },
)
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => void (signal === 'SIGTERM' && flow.kill(signal)))
const [code, signal] = (await once(flow, 'exit')) as [number | null, NodeJS.Signals | null]
server.kill()
process.exitCode = code ?? (signal === null ? 1 : 128)
