// Runs one private instance and ends it together with whoever asked for it: `node supervisor.ts NAME [--tls]`.
// The asker holds this process's standard input. When that ends, by its wish or by its death (kill -9 too), the
// instance is stopped and its folder removed. Writes one line of JSON, what `Report` says, when the instance answers.
import type { SystemName } from './system.ts'
import { bootInstance } from './boot-instance.ts'
import { createInstanceFolder } from './instance-folder.ts'
import { systems } from './systems/index.ts'

const [name, ...options] = process.argv.slice(2)
const folder = createInstanceFolder(name ?? '')
const { promise: ended, resolve: end } = Promise.withResolvers<void>()
process.stdin.resume()
process.stdin.on('end', end).on('error', end)
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, end)
// The asker may be gone when the report is written.
process.stdout.on('error', end)

const abort = new AbortController()
void ended.then(() => abort.abort())
try {
  const instance = await bootInstance(systems[name as SystemName], {
    folder,
    tls: options.includes('--tls'),
    signal: abort.signal,
  })
  process.stdout.write(`${JSON.stringify(instance.report)}\n`)
  await Promise.race([ended, instance.exited])
  await instance.stop()
} catch (error) {
  process.stdout.write(`${JSON.stringify({ error: error instanceof Error ? error.message : String(error) })}\n`)
} finally {
  folder.remove()
}
process.exit()
