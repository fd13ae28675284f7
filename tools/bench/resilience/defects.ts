import { readFileSync } from 'node:fs'
import { defectCases } from '../../../packages/platform/resilience/test/defect-cases.ts'
import { printTable, runChild, type Gate } from '../helpers.ts'

const child = new URL('./defects-child.ts', import.meta.url)
const libraries = ['@casare/resilience', 'cockatiel', 'opossum', 'axios-retry', 'p-timeout + p-limit']

/**
 * Puts each library to the cases of the package's own tests and prints what is wrong, with the versions and the date, so
 * that what we say of others stays true. Gates: ours has none of the defects; each still shows in its library.
 */
export async function defectGates(): Promise<Gate[]> {
  const complaints: Record<string, Record<string, string>> = {}
  for (const library of libraries) complaints[library] = await runChild<Record<string, string>>(child, [library])
  console.log(`Defects, ${new Date().toISOString().slice(0, 10)}: ${libraries.slice(1).flatMap(versions).join(', ')}`)
  const cell = (library: string, name: string): string => {
    const complaint = complaints[library]?.[name]
    return complaint === undefined ? '-' : complaint === '' ? 'ok' : complaint
  }
  printTable(
    ['case', 'library', 'what the library does', 'casare'],
    defectCases.map(({ name, seenIn }) => [name, seenIn, cell(seenIn, name), cell('@casare/resilience', name)]),
  )
  const count = (of: (name: string, seenIn: string) => string): number =>
    defectCases.filter(({ name, seenIn }) => of(name, seenIn) === 'ok').length
  const ours = count((name) => cell('@casare/resilience', name))
  const mended = count((name, seenIn) => cell(seenIn, name))
  return [
    {
      name: 'defect cases that pass here',
      value: ours,
      goal: `= ${defectCases.length}`,
      ok: ours === defectCases.length,
    },
    { name: 'defects that their library has mended', value: mended, goal: '= 0', ok: mended === 0 },
  ]
}

function versions(library: string): string[] {
  return library.split(' + ').map((name) => {
    const file = new URL(`../../../node_modules/${name}/package.json`, import.meta.url)
    return `${name} ${(JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version}`
  })
}
