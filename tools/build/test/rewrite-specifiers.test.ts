import { describe, expect, test } from '@jest/globals'
import { rewriteSpecifiers } from '../rewrite-specifiers.ts'

describe('rewriteSpecifiers', () => {
  test('gives relative imports the ending of the output', () => {
    const code = `import { a } from './a.ts'\nexport { b } from '../deep/b.ts'\n`
    expect(rewriteSpecifiers(code, 'js')).toBe(`import { a } from './a.js'\nexport { b } from '../deep/b.js'\n`)
    expect(rewriteSpecifiers(code, 'cjs')).toBe(`import { a } from './a.cjs'\nexport { b } from '../deep/b.cjs'\n`)
  })

  test('follows lazy imports and files that are loaded by URL', () => {
    expect(rewriteSpecifiers(`await import('./a.ts')`, 'js')).toBe(`await import('./a.js')`)
    expect(rewriteSpecifiers(`new URL('./worker.ts', import.meta.url)`, 'cjs')).toBe(
      `new URL('./worker.cjs', import.meta.url)`,
    )
    expect(rewriteSpecifiers(`new URL(fast ? './a.ts' : './b.ts', base)`, 'js')).toBe(
      `new URL(fast ? './a.js' : './b.js', base)`,
    )
  })

  test('leaves packages, plain strings and addresses alone', () => {
    const code = `import x from 'some.ts'\nconst name = './a.ts'\nnew URL('./a.ts')\n`
    expect(rewriteSpecifiers(code, 'cjs')).toBe(code)
  })

  test('rewrites import types in declarations', () => {
    const code = `export declare const a: import('./b.ts').B;\n`
    expect(rewriteSpecifiers(code, 'd.cts')).toBe(`export declare const a: import('./b.cjs').B;\n`)
  })
})
