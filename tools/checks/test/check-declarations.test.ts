import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { WorkspacePackage } from '../../workspace.ts'
import { checkDeclarations } from '../check-declarations.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'casare-declarations-'))
})
afterEach(() => {
  rmSync(root, { recursive: true, force: true })
})

/** A built package whose entries and declarations are the ones given. */
function built(
  shortName: string,
  stems: Record<string, string>,
  declarations: Record<string, string>,
): WorkspacePackage {
  const folder = join(root, 'packages', shortName)
  for (const [path, text] of Object.entries(declarations)) {
    mkdirSync(dirname(join(folder, 'dist', path)), { recursive: true })
    writeFileSync(join(folder, 'dist', path), text)
  }
  const exports = Object.fromEntries(
    Object.entries(stems).map(([subpath, stem]) => [subpath, { import: { default: `./dist/${stem}.js` } }]),
  )
  return { shortName, folder, manifest: { name: `@casare/${shortName}`, version: '1.0.0', exports } }
}

describe('checkDeclarations', () => {
  test('passes where zod stays behind the entry', () => {
    const one = built(
      'one',
      { '.': 'index' },
      { 'index.d.cts': `export * from './a.cjs'`, 'a.d.cts': `export {}`, 'b.d.cts': `import 'zod'` },
    )
    expect(checkDeclarations(one, [one])).toEqual([])
  })

  test('finds zod behind other files, also in an import type', () => {
    const one = built(
      'one',
      { '.': 'index' },
      {
        'index.d.cts': `export { a } from './deep/a.cjs'`,
        'deep/a.d.cts': `export declare const a: import('zod').ZodType`,
      },
    )
    expect(checkDeclarations(one, [one])).toEqual([
      'the declarations of @casare/one reach zod: one/dist/index.d.cts -> one/dist/deep/a.d.cts -> zod',
    ])
  })

  test('lets @casare/core/zod show it, but nobody through it', () => {
    const core = built('core', { './zod': 'zod/index' }, { 'zod/index.d.cts': `import type { z } from 'zod'` })
    const two = built('two', { '.': 'index' }, { 'index.d.cts': `export { secret } from '@casare/core/zod'` })
    expect(checkDeclarations(core, [core, two])).toEqual([])
    expect(checkDeclarations(two, [core, two])).toEqual([
      'the declarations of @casare/two reach zod: two/dist/index.d.cts -> core/dist/zod/index.d.cts -> zod',
    ])
  })
})
