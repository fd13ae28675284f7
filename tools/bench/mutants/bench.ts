import type { CheckResult } from '@casare/testing'
import { atLeast, atMost, printTable, runChild, type Gate } from '../helpers.ts'
import { bugs } from './bugs.ts'

type Result = Pick<CheckResult, 'promise' | 'check' | 'outcome' | 'reason'>

/** Does the conformance suite find bugs? Each is put into a connector that passes without it. */
export default async function mutants(): Promise<Gate[]> {
  const wrongly = (await tryOut()).filter(({ outcome }) => outcome === 'failed')
  for (const { promise, check, reason } of wrongly) console.log(`without a bug: ${promise}: ${check}: ${reason}`)
  const rows: [string, string, string][] = []
  for (const bug of Object.keys(bugs)) {
    const found = (await tryOut(bug)).find(({ outcome }) => outcome === 'failed')
    const how = found?.reason?.split('\n')[0]?.slice(0, 90) ?? ''
    rows.push([bug, found === undefined ? 'NOT CAUGHT' : found.promise, how])
  }
  printTable(['bug', 'caught by', 'how'], rows)
  const caught = rows.filter(([, by]) => by !== 'NOT CAUGHT').length
  return [
    atMost('checks that fail without a bug', wrongly.length, 0),
    atLeast('bugs', rows.length, 25),
    atLeast('bugs caught, percent', (100 * caught) / rows.length, 95),
  ]
}

function tryOut(bug?: string): Promise<Result[]> {
  return runChild<Result[]>(new URL('./try-out.ts', import.meta.url), bug === undefined ? [] : [bug])
}
