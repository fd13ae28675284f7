// Calls through the connector and through @redis/client itself, in turn: `calls.ts URL`. Prints one line of JSON.
import { redis } from '@casare/redis'
import { createClient } from '@redis/client'
import { interleave, median } from '../helpers.ts'

/** Calls per second, and the median of the ratios of neighbouring rounds. */
export interface Measured {
  readonly call: 'get' | 'set'
  readonly inFlight: number
  /** The bare client without its time limit of 5 s per command, which the connector does not use either. */
  readonly bare: number
  /** The bare client as its README uses it. */
  readonly usual: number
  readonly connector: number
  readonly ofBare: number
  readonly ofUsual: number
}

const [url = ''] = process.argv.slice(2)
const rounds = 15
const callsFor = (inFlight: number): number => (inFlight === 1 ? 3_000 : 20_000)

const bare = createClient({ url, commandOptions: { timeout: 0 } })
const usual = createClient({ url })
const connector = redis({ url })
await Promise.all([bare.connect(), usual.connect(), connector.$.open()])
const value = 'x'.repeat(100)
for (let number = 0; number < 1_000; number += 1) await bare.set(`key:${number}`, value)

const ways = {
  get: {
    bare: (key: string) => bare.get(key),
    usual: (key: string) => usual.get(key),
    connector: (key: string) => connector.get({ key }),
  },
  set: {
    bare: (key: string) => bare.set(key, value),
    usual: (key: string) => usual.set(key, value),
    connector: (key: string) => connector.set({ key, value }),
  },
}

/** Calls per second, with so many at once all the time. */
async function rate(call: (key: string) => Promise<unknown>, inFlight: number): Promise<number> {
  const calls = callsFor(inFlight)
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < calls) {
      next += 1
      await call(`key:${next % 1_000}`)
    }
  }
  const startedAt = performance.now()
  await Promise.all(Array.from({ length: inFlight }, worker))
  return (calls / (performance.now() - startedAt)) * 1_000
}

const measured: Measured[] = []
for (const call of ['get', 'set'] as const)
  for (const inFlight of [1, 10, 100]) {
    const rates = await interleave(['bare', 'connector', 'usual'], rounds, (name) => rate(ways[call][name], inFlight))
    // The first rounds warm the code up.
    const settled = (name: 'bare' | 'connector' | 'usual'): number[] => rates[name].slice(3)
    const ratio = (name: 'bare' | 'usual'): number =>
      median(settled('connector').map((one, index) => one / (settled(name)[index] ?? Number.NaN)))
    measured.push({
      call,
      inFlight,
      bare: median(settled('bare')),
      usual: median(settled('usual')),
      connector: median(settled('connector')),
      ofBare: ratio('bare'),
      ofUsual: ratio('usual'),
    })
  }
await connector.close()
bare.destroy()
usual.destroy()
process.stdout.write(`${JSON.stringify(measured)}\n`)
