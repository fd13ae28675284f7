import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { findEntries } from '../find-entries.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'casare-entries-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

const exports = { '.': { import: { default: './dist/index.js' } }, './package.json': './package.json' }

function write(path: string, code: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), code)
}

describe('findEntries', () => {
  test('names what exports and bin name', () => {
    const manifest = {
      name: 'a',
      version: '1.0.0',
      exports: { ...exports, './zod': { import: { default: './dist/zod/index.js' } } },
      bin: { a: './dist/bin.js' },
    }
    expect(findEntries(folder, manifest)).toEqual(['bin', 'index', 'zod/index'])
  })

  test('finds files that are loaded by address, with a fixed or a chosen ending', () => {
    write('src/index.ts', `export const one = new URL('./deep/worker.ts', import.meta.url)`)
    write('src/deep/other.ts', 'export const two = new URL(`./second.${ending}`, import.meta.url)')
    write('src/deep/worker.ts', '')
    write('src/deep/second.ts', '')
    write('src/deep/third.ts', '')
    expect(findEntries(folder, { name: 'a', version: '1.0.0', exports })).toEqual([
      'deep/second',
      'deep/worker',
      'index',
    ])
  })
})
