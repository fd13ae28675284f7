/** The child process of the bench: measures one variant in one way and prints JSON. */
import { bulkhead, pipeline } from '@casare/resilience'
import * as cockatiel from 'cockatiel'
import CircuitBreaker from 'opossum'
import pLimit from 'p-limit'
import { variants, type Runner, type VariantName } from './variants.ts'

const operation = async (): Promise<number> => 1
const [mode = '', name = ''] = process.argv.slice(2)

async function nsPerCall(calls: number, run: (calls: number) => Promise<void>): Promise<number> {
  const start = process.hrtime.bigint()
  await run(calls)
  return Number(process.hrtime.bigint() - start) / calls
}

const sampleNs = 10e6
const samples = 60

/**
 * After a warm-up, samples of about 10 ms, long enough for a few young collections each, and of those the first quartile:
 * on a shared machine most of what is slower is others' work.
 */
async function typical(run: (calls: number) => Promise<void>, unit = 1): Promise<number> {
  let calls = 10 * unit
  let ns = await nsPerCall(calls, run)
  for (let warmUp = 0; warmUp < 30 || ns * calls < sampleNs; warmUp++) {
    if (ns * calls < sampleNs) calls *= 2
    ns = await nsPerCall(calls, run)
  }
  const results: number[] = []
  for (let sample = 0; sample < samples; sample++) results.push(await nsPerCall(calls, run))
  return results.sort((a, b) => a - b)[samples / 4] ?? Number.NaN
}

async function inTurn(runner: Runner, calls: number): Promise<void> {
  for (let call = 0; call < calls; call++) await runner(operation)
}

const concurrency = 1_000

async function atOnce(runner: Runner, calls: number): Promise<void> {
  const each = Math.ceil(calls / concurrency)
  const workers: Promise<void>[] = []
  for (let worker = 0; worker < concurrency; worker++) workers.push(inTurn(runner, each))
  for (const worker of workers) await worker
}

/** Heap bytes that a call leaves behind; the young generation is large enough that none is collected in between. */
async function bytesPerCall(runner: Runner): Promise<number> {
  const calls = 2_000
  await inTurn(runner, 20_000)
  const results: number[] = []
  for (let sample = 0; sample < 5; sample++) {
    globalThis.gc?.()
    const before = process.memoryUsage().heapUsed
    await inTurn(runner, calls)
    results.push((process.memoryUsage().heapUsed - before) / calls)
  }
  return results.sort((a, b) => a - b)[2] ?? Number.NaN
}

async function time(runner: Runner): Promise<unknown> {
  return {
    one: await typical((calls) => inTurn(runner, calls)),
    thousand: await typical((calls) => atOnce(runner, calls), concurrency),
  }
}

const fails = async (): Promise<never> => {
  throw failure
}
const failure = Object.assign(new Error('target failed'), { retryable: true, applied: 'no' })

async function swallow(promise: Promise<unknown>): Promise<void> {
  try {
    await promise
  } catch {
    // The rejection is what is measured.
  }
}

/** Time of a rejection by an open breaker. */
const rejections: Record<string, () => Promise<() => Promise<unknown>>> = {
  async casare() {
    const policies = pipeline({ retry: false, concurrency: false, breaker: { openMs: 3_600_000 } })
    for (let call = 0; call < 10; call++) await swallow(policies.execute(fails))
    return () => policies.execute(operation)
  },
  async cockatiel() {
    const policy = cockatiel.circuitBreaker(cockatiel.handleAll, {
      halfOpenAfter: 3_600_000,
      breaker: new cockatiel.ConsecutiveBreaker(5),
    })
    for (let call = 0; call < 10; call++) await swallow(policy.execute(fails))
    return () => policy.execute(operation)
  },
  async opossum() {
    const breaker = new CircuitBreaker((run: () => Promise<unknown>) => run(), { resetTimeout: 3_600_000 })
    for (let call = 0; call < 10; call++) await swallow(breaker.fire(fails))
    return () => breaker.fire(operation)
  },
}

async function rejection(library: string): Promise<unknown> {
  const call = await rejections[library]!()
  return {
    ns: await typical(async (calls) => {
      for (let index = 0; index < calls; index++) await swallow(call())
    }),
  }
}

/** Time of a failure when so many calls are in the window already and the breaker stays closed. */
const windows: Record<string, () => { succeed(): Promise<unknown>; fail(): Promise<unknown> }> = {
  casare() {
    const policies = pipeline({ retry: false, concurrency: false, breaker: { failureRatio: 1, windowMs: 3_600_000 } })
    return { succeed: () => policies.execute(operation), fail: () => policies.execute(fails) }
  },
  cockatiel() {
    const policy = cockatiel.circuitBreaker(cockatiel.handleAll, {
      halfOpenAfter: 10_000,
      breaker: new cockatiel.SamplingBreaker({ threshold: 0.999999, duration: 3_600_000, minimumRps: 0.001 }),
    })
    return { succeed: () => policy.execute(operation), fail: () => policy.execute(fails) }
  },
  opossum() {
    const breaker = new CircuitBreaker((run: () => Promise<unknown>) => run(), {
      errorThresholdPercentage: 100,
      rollingCountTimeout: 600_000,
    })
    return { succeed: () => breaker.fire(operation), fail: () => breaker.fire(fails) }
  },
}

async function failureCost(library: string): Promise<unknown> {
  const costs: Record<string, number> = {}
  // The code is warm before the first window is filled, else that size would pay for the optimiser.
  const warmUp = windows[library]!()
  for (let call = 0; call < 3_000; call++) await swallow(call % 2 === 0 ? warmUp.succeed() : warmUp.fail())
  for (const size of [100, 100_000]) {
    const { succeed, fail } = windows[library]!()
    const calls = 40
    for (let call = 0; call < size; call++) await succeed()
    const results: number[] = []
    for (let sample = 0; sample < 50; sample++) {
      results.push(
        await nsPerCall(calls, async () => {
          for (let call = 0; call < calls; call++) await swallow(fail())
        }),
      )
    }
    costs[size] = results.sort((a, b) => a - b)[12] ?? Number.NaN
  }
  return costs
}

/** Time to get a call through a queue of so many, which are all there from the beginning. */
const queues: Record<string, (length: number) => Runner> = {
  casare(length) {
    const policy = bulkhead({ maxConcurrent: 1, maxQueued: length })
    return (run) => policy.execute(run)
  },
  cockatiel(length) {
    const policy = cockatiel.bulkhead(1, length)
    return (run) => policy.execute(run)
  },
  'p-limit': () => pLimit(1),
}

async function queueCost(library: string): Promise<unknown> {
  const costs: Record<string, number> = {}
  for (const length of [1_000, 50_000]) {
    const results: number[] = []
    for (let sample = 0; sample < 50_000 / length + 2; sample++) {
      const runner = queues[library]!(length)
      results.push(
        await nsPerCall(length, async () => void (await Promise.all(Array.from({ length }, () => runner(operation))))),
      )
    }
    costs[length] = Math.min(...results)
  }
  return costs
}

const modes: Record<string, () => Promise<unknown>> = {
  time: () => time(variants[name as VariantName]()),
  bytes: async () => ({ bytes: await bytesPerCall(variants[name as VariantName]()) }),
  rejection: () => rejection(name),
  failure: () => failureCost(name),
  queue: () => queueCost(name),
}
const result = await modes[mode]!()
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0))
