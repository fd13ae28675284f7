import { interleave, median } from '../helpers.ts'

/** Messages per second of three ways to do the same. */
export interface Measured {
  readonly name: string
  readonly bare: number
  readonly connector: number
  /** Connector over bare, round by round. */
  readonly ratio: number
  /** As the client's README does it, with whatever it promises. */
  readonly readme: number
}

export type Variants = Readonly<Record<'bare' | 'connector' | 'readme', () => Promise<number>>>

/** Runs the three in turn; each answers the seconds it took for `count` messages. The first round warms up. */
export async function measure(name: string, count: number, rounds: number, variants: Variants): Promise<Measured> {
  const seconds = await interleave(['bare', 'connector', 'readme'], rounds + 1, (one) => variants[one]())
  const perSecond = (one: keyof Variants): number => count / median(seconds[one].slice(1))
  const ratio = median(seconds.connector.slice(1).map((time, round) => (seconds.bare[round + 1] ?? time) / time))
  return { name, bare: perSecond('bare'), connector: perSecond('connector'), ratio, readme: perSecond('readme') }
}

/** Seconds that the work takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return (performance.now() - startedAt) / 1_000
}
