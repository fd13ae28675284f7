import { describe, expect, test } from '@jest/globals'
import type { Tree } from '@nx/devkit'
import { createTree } from '@nx/devkit/testing'
import { connectorGenerator } from '../src/connector-generator.ts'
import { connectorNames, renamed } from '../src/connector-names.ts'

function workspace(): Tree {
  const tree = createTree()
  tree.write('package.json', JSON.stringify({ devDependencies: { zod: '4.9.9' } }))
  for (const name of ['core', 'testing'])
    tree.write(`packages/platform/${name}/package.json`, JSON.stringify({ name: `@casare/${name}`, version: '1.2.3' }))
  return tree
}

const read = (tree: Tree, path: string): string => tree.read(path, 'utf8') ?? ''

describe('the new folder', () => {
  test('has every file of the template under the new name', async () => {
    const tree = workspace()
    await connectorGenerator(tree, { name: 'acme-crm', title: 'ACME CRM' })
    const written = tree
      .listChanges()
      .map(({ path }) => path)
      .filter((path) => path.startsWith('packages/connectors/'))
      .map((path) => path.replace('packages/connectors/acme-crm/', ''))
      .sort()
    expect(written).toEqual([
      'README.md',
      'package.json',
      'src/client.ts',
      'src/config.ts',
      'src/connector.ts',
      'src/errors.ts',
      'src/index.ts',
      'src/note-folder.ts',
      'src/note-schema.ts',
      'src/note.ts',
      'src/operations/create-note.ts',
      'src/operations/delete-note.ts',
      'src/operations/get-note.ts',
      'src/operations/index.ts',
      'src/operations/put-note.ts',
      'src/streams/notes.ts',
      'test/connector.test.ts',
      'test/notes.test.ts',
      'tsconfig.json',
    ])
    const all = written.map((path) => read(tree, `packages/connectors/acme-crm/${path}`)).join('\n')
    expect(all).not.toMatch(/sample.?vendor/i)
    expect(read(tree, 'packages/connectors/acme-crm/src/index.ts')).toContain(
      "export { acmeCrm } from './connector.ts'",
    )
    expect(read(tree, 'packages/connectors/acme-crm/src/connector.ts')).toContain("title: 'ACME CRM'")
  })

  test('depends on what the repository has', async () => {
    const tree = workspace()
    await connectorGenerator(tree, { name: 'acme' })
    const manifest = JSON.parse(read(tree, 'packages/connectors/acme/package.json')) as Record<string, unknown>
    expect(manifest).toMatchObject({
      name: '@casare/acme',
      repository: { directory: 'packages/connectors/acme' },
      dependencies: { '@casare/core': '^1.2.3', zod: '^4.9.9' },
    })
  })
})

test('a package that is there is not written over, whatever its layer', async () => {
  const tree = workspace()
  await expect(connectorGenerator(tree, { name: 'core' })).rejects.toThrow('packages/platform/core')
})

test.each(['Acme', 'a_b', '', '-a', 'a--b', '../a', '1a', 'a'.repeat(51)])('the name %j is refused', (name) => {
  expect(() => connectorNames(name)).toThrow('is no name for a connector')
})

test.each(['delete', 'default', 'package', 'await'])('the name %j is refused: JavaScript reserves it', (name) => {
  expect(() => connectorNames(name)).toThrow(`such as "${name}-api"`)
})

test('the forms of a name', () => {
  expect(connectorNames('aws-s3')).toEqual({ kebab: 'aws-s3', camel: 'awsS3', pascal: 'AwsS3', title: 'Aws S3' })
  expect(renamed("sample-vendor sampleVendor SampleVendor 'Sample Vendor'", connectorNames('x', "Bob's"))).toBe(
    "x x X 'Bob’s'",
  )
})
