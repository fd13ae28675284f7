import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { openSecretStore } from '../src/index.ts'
import { ownFolder } from './support.ts'

const folderOf = ownFolder()
const writer = new URL('./writer.ts', import.meta.url).pathname

/** A process that is ready to write. */
async function start(folder: string, name: string, count: number): Promise<ChildProcess> {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--conditions=@casare/source', writer, folder, name, String(count)],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  )
  await once(child.stdout, 'data')
  return child
}
const storeIn = (folder: string) =>
  openSecretStore({ path: join(folder, 'secrets.json'), key: { kind: 'keyFile', path: join(folder, 'secrets.key') } })

test('two processes that write at once lose nothing of each other', async () => {
  const folder = folderOf()
  const children = await Promise.all(['left', 'right'].map((name) => start(folder, name, 25)))
  const ends = children.map((child) => once(child, 'exit'))
  for (const child of children) child.stdin?.write('go\n')
  const ended = await Promise.all(ends)
  expect(ended).toEqual([
    [0, null],
    [0, null],
  ])
  const names = (await (await storeIn(folder)).list()).map(({ name }) => name)
  expect(names).toHaveLength(50)
})

test('killed at any moment of a write: the store opens, with all that was acknowledged', async () => {
  const folder = folderOf()
  for (let round = 0; round < 6; round += 1) {
    const child = await start(folder, `round-${round}`, 10_000)
    const acknowledged: string[] = []
    child.stdout?.setEncoding('utf8').on('data', (text: string) => acknowledged.push(...text.trim().split('\n')))
    child.stdin?.write('go\n')
    while (acknowledged.length < 3) await new Promise((resolve) => setTimeout(resolve, 5))
    await new Promise((resolve) => setTimeout(resolve, round * 3))
    child.kill('SIGKILL')
    await once(child, 'close')
    const store = await storeIn(folder)
    const names = new Set((await store.list()).map(({ name }) => name))
    expect(acknowledged.filter((name) => !names.has(name))).toEqual([])
    // The lock of the one that was killed holds nobody up.
    await store.set('after', `round ${round}`)
  }
  expect(readdirSync(folder).filter((name) => /lock|draft/.test(name))).toEqual([])
})

test('a lock of a process that is gone is broken; of one that lives it is respected', async () => {
  const folder = folderOf()
  const store = await storeIn(folder)
  writeFileSync(join(folder, 'secrets.json.lock'), '999999999 x\n')
  await store.set('a', 'value-of-a')
  writeFileSync(join(folder, 'secrets.json.lock'), `${process.pid} x\n`)
  const second = store.set('b', 'value-of-b')
  const first = await Promise.race([second.then(() => 'set'), new Promise((done) => setTimeout(done, 300, 'waits'))])
  expect(first).toBe('waits')
  rmSync(join(folder, 'secrets.json.lock'))
  await second
})
