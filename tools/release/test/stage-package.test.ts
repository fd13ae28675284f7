import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { Manifest } from '../../workspace.ts'
import { stagePackage } from '../stage-package.ts'

const manifest: Manifest = {
  name: '@casare/example',
  version: '1.0.0',
  exports: {
    '.': { '@casare/source': './src/index.ts', import: { types: './dist/index.d.ts', default: './dist/index.js' } },
    './package.json': './package.json',
  },
  files: ['dist', 'CHANGELOG.md'],
  scripts: { build: 'build' },
  devDependencies: { jest: '30.0.0' },
  nx: { tags: [] },
}

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'casare-stage-'))
  mkdirSync(join(folder, 'own', 'dist'), { recursive: true })
  mkdirSync(join(folder, 'own', 'src'))
  writeFileSync(join(folder, 'own', 'dist', 'index.js'), '')
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

describe('stagePackage', () => {
  test('lays out what is published, without what only means something in the workspace', () => {
    const target = join(folder, 'target')
    stagePackage({ shortName: 'example', folder: join(folder, 'own'), manifest }, target)
    expect(readdirSync(target).sort()).toEqual(['LICENSE', 'dist', 'package.json'])
    const published = JSON.parse(readFileSync(join(target, 'package.json'), 'utf8')) as Manifest
    expect(published.exports).toEqual({
      '.': { import: { types: './dist/index.d.ts', default: './dist/index.js' } },
      './package.json': './package.json',
    })
    expect(Object.keys(published)).toEqual(['name', 'version', 'exports', 'files'])
  })

  test('refuses a package that was not built', () => {
    rmSync(join(folder, 'own', 'dist'), { recursive: true })
    const stage = (): void =>
      stagePackage({ shortName: 'example', folder: join(folder, 'own'), manifest }, join(folder, 'target'))
    expect(stage).toThrow('@casare/example: files names dist, which is not there')
    expect(existsSync(join(folder, 'target', 'package.json'))).toBe(false)
  })
})
