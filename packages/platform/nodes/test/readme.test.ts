import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from '@jest/globals'

test('the example of the page prints what it should', async () => {
  const page = await readFile(new URL('../README.md', import.meta.url), 'utf8')
  const [, code = ''] = /^```js\n(.*?)^```$/ms.exec(page) ?? []
  const child = spawn(process.execPath, ['--conditions=@casare/source', '--input-type=module', '--eval', code], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const [exit] = (await once(child, 'close')) as [number]
  expect({ exit, output }).toEqual({ exit: 0, output: '{"rows":[{"one":1}]}\n' })
}, 30_000)
