import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { toCommonJs } from '../to-common-js.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'casare-build-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

/** Writes each file as CommonJS and loads the first. */
function load(files: Record<string, string>): Record<string, unknown> {
  for (const [name, code] of Object.entries(files)) writeFileSync(join(folder, `${name}.cjs`), toCommonJs(code))
  return createRequire(import.meta.url)(join(folder, `${Object.keys(files)[0]}.cjs`)) as Record<string, unknown>
}

describe('toCommonJs', () => {
  test('keeps names, re-exports and namespaces', () => {
    const loaded = load({
      index: `import * as all from './other.ts'\nexport { one } from './other.ts'\nexport const names = Object.keys(all)\n`,
      other: `const one = 1\nfunction two() { return one }\nexport { one, two }\n`,
    })
    expect(loaded['one']).toBe(1)
    expect(loaded['names']).toEqual(expect.arrayContaining(['one', 'two']))
  })

  test('turns a lazy import of a fixed name into a require, with the default of a CommonJS package', async () => {
    const code = `export const lazy = async () => (await import('node:path')).default.sep\nexport const own = () => import('./other.ts')\n`
    const loaded = load({ index: code, other: `export const one = 1\n` })
    expect(toCommonJs(code)).not.toContain('import(')
    await expect((loaded['lazy'] as () => Promise<string>)()).resolves.toBe('/')
    await expect((loaded['own'] as () => Promise<object>)()).resolves.toMatchObject({ one: 1 })
  })

  test('leaves the import of an expression, which may be a URL', () => {
    expect(toCommonJs(`export const load = (url) => import(url)\n`)).toContain('import(url)')
  })

  test('answers import.meta.url with the address of the file', () => {
    const loaded = load({ index: `export const here = importMetaUrl\n` })
    expect(loaded['here']).toBe(pathToFileURL(join(folder, 'index.cjs')).href)
  })

  test('keeps a hash-bang on the first line', () => {
    expect(toCommonJs(`#!/usr/bin/env node\nexport const here = importMetaUrl\n`)).toMatch(/^#!\/usr\/bin\/env node\n/)
  })
})
