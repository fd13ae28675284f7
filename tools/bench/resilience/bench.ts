import { atMost, interleave, median, printTable, runChild, type Gate } from '../helpers.ts'
import { defectGates } from './defects.ts'
import { variants, type VariantName } from './variants.ts'

const child = new URL('./measure.ts', import.meta.url)
const heap = ['--expose-gc', '--min-semi-space-size=128', '--max-semi-space-size=128']

interface Success {
  readonly one: number
  readonly thousand: number
  readonly bytes: number
}

/** Time is measured with Node's own heap; bytes with a young generation that holds all of a sample. */
async function measure(name: VariantName): Promise<Success> {
  const time = await runChild<Omit<Success, 'bytes'>>(child, ['time', name])
  return { ...time, ...(await runChild<Pick<Success, 'bytes'>>(child, ['bytes', name], heap)) }
}

const bench = async (): Promise<Gate[]> => {
  return [
    ...(await defectGates()),
    ...(await successGates()),
    ...(await rejectionGates()),
    ...(await failureGates()),
    ...(await queueGates()),
  ]
}
export default bench

async function successGates(): Promise<Gate[]> {
  const names = Object.keys(variants) as VariantName[]
  const results = await interleave(names, 5, measure)
  const middle = (name: VariantName, of: keyof Success): number => median(results[name].map((result) => result[of]))
  // A ratio is taken within a round, whose runs saw the same machine.
  const ratio = (name: VariantName, of: keyof Success): number =>
    median(results[name].map((result, round) => result[of] / (results.bare[round]?.[of] ?? Number.NaN)))
  console.log(
    '\nSuccess of a no-op: ns per call one at a time and at 1,000 in flight, ratio to bare, heap bytes per call',
  )
  printTable(
    ['variant', 'ns, 1', 'x bare', 'ns, 1,000', 'x bare', 'bytes'],
    names.map((name) => [
      name,
      Math.round(middle(name, 'one')),
      ratio(name, 'one'),
      Math.round(middle(name, 'thousand')),
      ratio(name, 'thousand'),
      Math.round(middle(name, 'bytes')),
    ]),
  )
  return [
    atMost('success, x bare at concurrency 1', ratio('casare', 'one'), 2.5),
    atMost('success, x bare at concurrency 1,000', ratio('casare', 'thousand'), 4),
    atMost('bytes per call', middle('casare', 'bytes'), 1_500),
  ]
}

async function rejectionGates(): Promise<Gate[]> {
  const names = ['casare', 'cockatiel', 'opossum'] as const
  const results = await interleave(names, 5, (name) => runChild<{ ns: number }>(child, ['rejection', name]))
  const ns = (name: (typeof names)[number]): number => median(results[name].map((result) => result.ns))
  console.log('\nRejection by an open breaker, ns per call')
  printTable(
    ['library', 'ns'],
    names.map((name) => [name, Math.round(ns(name))]),
  )
  return [atMost("rejection, share of cockatiel's", ns('casare') / ns('cockatiel'), 0.4)]
}

async function failureGates(): Promise<Gate[]> {
  const names = ['casare', 'cockatiel', 'opossum'] as const
  const results = await interleave(names, 5, (name) => runChild<Record<string, number>>(child, ['failure', name]))
  const ns = (name: (typeof names)[number], size: number): number =>
    median(results[name].map((result) => result[size] ?? Number.NaN))
  console.log('\nA failing call with so many calls in the window, ns per call')
  printTable(
    ['library', '100', '100,000', 'ratio'],
    names.map((name) => [
      name,
      Math.round(ns(name, 100)),
      Math.round(ns(name, 100_000)),
      ns(name, 100_000) / ns(name, 100),
    ]),
  )
  return [atMost('failure, 100,000 against 100 in the window', ns('casare', 100_000) / ns('casare', 100), 1.5)]
}

async function queueGates(): Promise<Gate[]> {
  const names = ['casare', 'cockatiel', 'p-limit'] as const
  const results = await interleave(names, 3, (name) => runChild<Record<string, number>>(child, ['queue', name]))
  const ns = (name: (typeof names)[number], length: number): number =>
    median(results[name].map((result) => result[length] ?? Number.NaN))
  console.log('\nA call through a bulkhead with so many queued, ns per call')
  printTable(
    ['library', '1,000', '50,000', 'ratio'],
    names.map((name) => [
      name,
      Math.round(ns(name, 1_000)),
      Math.round(ns(name, 50_000)),
      ns(name, 50_000) / ns(name, 1_000),
    ]),
  )
  return [atMost("queue of 50,000, share of cockatiel's", ns('casare', 50_000) / ns('cockatiel', 50_000), 0.2)]
}
