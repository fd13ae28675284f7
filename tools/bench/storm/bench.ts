import { createHash } from 'node:crypto'
import { atLeast, atMost, median, printTable, runChild, type Gate } from '../helpers.ts'
import type { Outcome } from './outcome.ts'
import { scenarios, type ScenarioName } from './scenarios.ts'

const child = new URL('./simulate.ts', import.meta.url)
const seeds = 20
/** The real code of these takes minutes per seed where nearly all fails; they are far from any gate. */
const slow: Partial<Record<string, number>> = { 'p-retry': 3, 'axios-retry': 3 }
const processes = 2

// `strategies.ts` is loaded in the child only, after time has been replaced.
const strategyNames = [
  'no retry',
  'casare',
  'cockatiel',
  'opossum',
  'p-retry',
  'axios-retry',
  'AWS SDK standard',
] as const
type StrategyName = (typeof strategyNames)[number]

const scenarioNames = Object.keys(scenarios) as ScenarioName[]

/** Shown without a gate on ok %: who stops calling a dead target needs a probe to notice that it is back (docs/decisions/0006). */
const shownOnly: readonly ScenarioName[] = ['slow flap']

interface Cell {
  readonly amplification: number
  readonly ok: number
  readonly p99Ms: number
  readonly recoverySeconds: number
}

const bench = async (): Promise<Gate[]> => {
  const outcomes = await simulateAll()
  const cell = (strategy: StrategyName, scenario: ScenarioName): Cell =>
    summarise(outcomes[`${strategy}/${scenario}`] ?? [])
  for (const scenario of scenarioNames) {
    const possible = (100 * scenarios[scenario].possible).toFixed(1)
    console.log(`\n${scenario}: medians; ${possible} % ok is possible while it lasts`)
    printTable(
      ['strategy', 'seeds', 'amplification', 'ok %', 'p99 ms', 'recovers in s'],
      strategyNames.map((strategy) => {
        const { amplification, ok, p99Ms, recoverySeconds } = cell(strategy, scenario)
        const recovers = Number.isFinite(recoverySeconds) ? recoverySeconds : 'never'
        return [strategy, slow[strategy] ?? seeds, amplification, 100 * ok, Math.round(p99Ms), recovers]
      }),
    )
  }
  return gates(cell, await repeats(outcomes))
}
export default bench

function gates(cell: (strategy: StrategyName, scenario: ScenarioName) => Cell, repeated: boolean): Gate[] {
  const ours = (scenario: ScenarioName): Cell => cell('casare', scenario)
  const libraries = strategyNames.filter((name) => name !== 'casare')
  const best = Math.max(...libraries.map((name) => cell(name, '300 tiny clients').ok))
  const { possible } = scenarios['300 tiny clients']
  const gain = (scenario: ScenarioName): number => 100 * (ours(scenario).ok - cell('no retry', scenario).ok)
  return [
    ...scenarioNames.map((name) => atMost(`${name}: amplification`, ours(name).amplification, 1.2)),
    ...scenarioNames
      .filter((name) => !shownOnly.includes(name))
      .map((name) => atLeast(`${name}: ok % beyond no retry`, gain(name), 0)),
    atLeast('brown-out: ok %', 100 * ours('brown-out').ok, 30),
    atMost('brown-out: seconds to recover', ours('brown-out').recoverySeconds, 2),
    atLeast(
      '300 tiny clients: % of what is possible',
      (100 * ours('300 tiny clients').ok) / possible,
      (100 * best) / possible,
    ),
    { name: 'the same seed gives the same bytes', value: repeated ? 1 : 0, goal: '= 1', ok: repeated },
  ]
}

function summarise(outcomes: readonly Outcome[]): Cell {
  return {
    amplification: median(outcomes.map((outcome) => outcome.amplification)),
    ok: median(outcomes.map((outcome) => outcome.ok)),
    p99Ms: median(outcomes.map((outcome) => outcome.p99Ms)),
    recoverySeconds: median(outcomes.map((outcome) => outcome.recoverySeconds ?? Number.POSITIVE_INFINITY)),
  }
}

function simulate(strategy: StrategyName, scenario: ScenarioName, count: number): Promise<Outcome[]> {
  return runChild<Outcome[]>(child, [strategy, scenario, '1', String(count)])
}

async function simulateAll(): Promise<Record<string, Outcome[]>> {
  const jobs = scenarioNames.flatMap((scenario) => strategyNames.map((strategy) => ({ strategy, scenario })))
  const outcomes: Record<string, Outcome[]> = {}
  const work = async (): Promise<void> => {
    for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
      outcomes[`${job.strategy}/${job.scenario}`] = await simulate(
        job.strategy,
        job.scenario,
        slow[job.strategy] ?? seeds,
      )
    }
  }
  await Promise.all(Array.from({ length: processes }, work))
  return outcomes
}

/** Runs ours again with the first two seeds of each scenario: every number and every call's end must be the same. */
async function repeats(outcomes: Record<string, Outcome[]>): Promise<boolean> {
  const digest = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex')
  for (const scenario of scenarioNames) {
    const again = await simulate('casare', scenario, 2)
    if (digest(again) !== digest(outcomes[`casare/${scenario}`]?.slice(0, 2))) return false
  }
  return true
}
