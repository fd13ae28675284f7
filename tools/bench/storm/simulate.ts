/** The child process of the bench: simulates one strategy in one scenario for some seeds and prints JSON. */
import type { Outcome } from './outcome.ts'
import { install, mulberry32, reset, run, virtualNow } from './virtual-time.ts'

install()
// Stack traces would take most of the time of a simulation in which nearly everything fails.
Error.stackTraceLimit = 0
const { healthy, scenarios } = await import('./scenarios.ts')
const { Server } = await import('./server.ts')
const { strategies } = await import('./strategies.ts')

const faultFromMs = 10_000
const faultUntilMs = 40_000
const endMs = 70_000

async function simulate(strategyName: string, scenarioName: string, seed: number): Promise<Outcome> {
  const scenario = scenarios[scenarioName as keyof typeof scenarios]
  reset(seed)
  const inFault = (): boolean => virtualNow() >= faultFromMs && virtualNow() < faultUntilMs
  const server = new Server(() => (inFault() ? scenario.fault(virtualNow() - faultFromMs) : healthy), seed + 1)
  const seconds = endMs / 1_000
  const calls = new Array<number>(seconds).fill(0)
  const succeeded = new Array<number>(seconds).fill(0)
  const durations: number[] = []
  let checksum = 0
  const arrivals = mulberry32(seed + 2)

  function startClient(): void {
    const client = strategies[strategyName as keyof typeof strategies](server.request)
    const next = (): void => {
      const waitMs = (-Math.log(1 - arrivals()) * 1_000) / scenario.callsPerSecond
      if (virtualNow() + waitMs < endMs) setTimeout(begin, waitMs)
    }
    const begin = (): void => {
      next()
      const startedAt = virtualNow()
      const second = Math.floor(startedAt / 1_000)
      calls[second]!++
      const end = (ok: 0 | 1): void => {
        succeeded[second]! += ok
        if (startedAt >= faultFromMs && startedAt < faultUntilMs) durations.push(virtualNow() - startedAt)
        checksum = (Math.imul(checksum, 31) + Math.floor(virtualNow() * 1_000) * 2 + ok) | 0
      }
      client().then(
        () => end(1),
        () => end(0),
      )
    }
    next()
  }
  for (let client = 0; client < scenario.clients; client++) startClient()

  await run(faultFromMs)
  const arrivedBefore = server.arrived
  await run(faultUntilMs)
  const arrivedInFault = server.arrived - arrivedBefore
  // Calls begun just before the end still get their answers.
  await run(endMs + 30_000)

  const sum = (counts: number[]): number => counts.slice(10, 40).reduce((total, count) => total + count, 0)
  durations.sort((a, b) => a - b)
  return {
    amplification: arrivedInFault / sum(calls),
    ok: sum(succeeded) / sum(calls),
    p99Ms: durations[Math.floor(durations.length * 0.99)] ?? Number.NaN,
    recoverySeconds: recovery(calls, succeeded),
    checksum,
  }
}

function recovery(calls: number[], succeeded: number[]): number | null {
  const last = calls.findLastIndex((count, second) => second >= 40 && (succeeded[second] ?? 0) < 0.95 * count)
  if (last === calls.length - 1) return null
  return last === -1 ? 0 : last + 1 - 40
}

const [strategyName = '', scenarioName = '', firstSeed = '1', seeds = '1'] = process.argv.slice(2)
const outcomes: Outcome[] = []
for (let index = 0; index < Number(seeds); index++) {
  outcomes.push(await simulate(strategyName, scenarioName, (Number(firstSeed) + index) * 1_000))
}
process.stdout.write(`${JSON.stringify(outcomes)}\n`, () => process.exit(0))
