import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** One number that an issue names, and whether it is met. */
export interface Gate {
  readonly name: string
  /** The measured number, rounded for reading. */
  readonly value: number
  /** What is asked of it, for instance `<= 2.5`. */
  readonly goal: string
  readonly ok: boolean
}

/** What `tools/bench/NAME/bench.ts` exports as default: measures, prints its tables, answers its gates. */
export type Bench = () => Promise<Gate[]>

/** A gate that is met where the value is at most `limit`. */
export function atMost(name: string, value: number, limit: number): Gate {
  return { name, value: round(value), goal: `<= ${limit}`, ok: value <= limit }
}

/** A gate that is met where the value is at least `limit`. */
export function atLeast(name: string, value: number, limit: number): Gate {
  return { name, value: round(value), goal: `>= ${round(limit)}`, ok: value >= limit }
}

/** The middle value; the mean of the two middle ones where their number is even. `NaN` of nothing. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length / 2
  if (Number.isInteger(middle)) return ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2
  return sorted[Math.floor(middle)] ?? Number.NaN
}

/** Three significant digits, whole numbers as they are. */
export function round(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(3))
}

/**
 * Runs the variants in turn, `rounds` times, so that a machine that speeds up or slows down does it to all of them.
 * Every second round goes backwards. Answers each variant's results in the order of the rounds.
 */
export async function interleave<Name extends string, Result>(
  names: readonly Name[],
  rounds: number,
  run: (name: Name, round: number) => Promise<Result>,
): Promise<Record<Name, Result[]>> {
  const results = Object.fromEntries(names.map((name) => [name, [] as Result[]])) as Record<Name, Result[]>
  for (let roundNumber = 0; roundNumber < rounds; roundNumber++) {
    for (const name of roundNumber % 2 === 0 ? names : names.toReversed()) {
      results[name].push(await run(name, roundNumber))
    }
  }
  return results
}

/**
 * Runs a file in a Node process of its own and answers the JSON on the last line that it prints.
 * @param file URL of the file, for instance `new URL('./variant.ts', import.meta.url)`
 * @throws Error with what the child printed, where it fails
 */
export async function runChild<Result>(
  file: URL,
  args: readonly string[],
  nodeOptions: readonly string[] = [],
): Promise<Result> {
  const command = ['--conditions=@casare/source', ...nodeOptions, fileURLToPath(file), ...args]
  const { stdout } = await promisify(execFile)(process.execPath, command, { maxBuffer: 64 * 1024 * 1024 })
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Result
}

/** Prints rows as columns of equal width, numbers to the right. */
export function printTable(headers: readonly string[], rows: readonly (readonly (string | number)[])[]): void {
  const cells = [headers, ...rows].map((row) =>
    row.map((cell) => (typeof cell === 'number' ? String(round(cell)) : cell)),
  )
  const widths = headers.map((_, column) => Math.max(...cells.map((row) => (row[column] ?? '').length)))
  for (const [index, row] of cells.entries()) {
    const line = row.map((cell, column) =>
      typeof rows[index - 1]?.[column] === 'number' || (index === 0 && column > 0)
        ? cell.padStart(widths[column] ?? 0)
        : cell.padEnd(widths[column] ?? 0),
    )
    console.log(line.join('  ').trimEnd())
    if (index === 0) console.log(widths.map((width) => '-'.repeat(width)).join('  '))
  }
}
