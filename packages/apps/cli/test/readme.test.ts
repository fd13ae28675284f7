import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { casareHere, inFolder, projectFolder } from './support/casare.ts'

let project: Awaited<ReturnType<typeof projectFolder>>
beforeAll(async () => {
  project = await projectFolder()
})
afterAll(() => project.remove())

/** The words of a line as a shell sees them; single quotes are all that the page uses. */
function words(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')
}

test('the commands of the page work one after the other, as they stand there', async () => {
  const page = await readFile(new URL('../README.md', import.meta.url), 'utf8')
  const blocks = [...page.matchAll(/^```(\w+)\n(.*?)^```$/gms)]
  const [casareYaml = '', flow = ''] = blocks.filter(([, kind]) => kind === 'yaml').map(([, , text = '']) => text)
  const folder = await inFolder(project.path, 'page', { 'casare.yaml': casareYaml, 'orders.yaml': flow })
  const lines = blocks.filter(([, kind]) => kind === 'sh').flatMap(([, , text = '']) => text.trim().split('\n'))
  const output = new Map<string, string>()
  for (const line of lines) {
    const [program, ...args] = words(line)
    expect(program).toBe('casare')
    const { code, stdout, stderr } = await casareHere(args, { folder })
    // The only dead letter fails again: its rule has not changed.
    expect({ line, code, stderr }).toMatchObject({ line, code: line.includes('dlq replay') ? 1 : 0 })
    output.set(line, stdout)
  }
  expect(lines.length).toBeGreaterThan(12)
  expect(output.get('casare run orders.yaml')).toMatch(/orders +2 +1 +0 +0 +1 /)
  expect(output.get('casare dlq list orders.yaml')).toContain('validate: total must be >= 0')
}, 30_000)
