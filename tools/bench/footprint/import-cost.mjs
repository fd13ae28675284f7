// CPU time of one cold import, in a process of its own: `import-cost.mjs URL`. Prints one line of JSON.
import { registerHooks } from 'node:module'

const loaded = []
registerHooks({
  resolve(specifier, context, next) {
    const result = next(specifier, context)
    loaded.push(result.url)
    return result
  },
})
const before = process.cpuUsage()
await import(process.argv[2])
const { user, system } = process.cpuUsage(before)
process.stdout.write(
  `${JSON.stringify({ cpuMs: (user + system) / 1_000, loaded: loaded.filter((url) => url.startsWith('file:')) })}\n`,
)
