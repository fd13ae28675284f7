import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { errorCodes } from '@casare/core'
import { createNode, describeNodes, exportPalette, paletteSchema, type NodeDescription } from '../src/index.ts'
import { desk } from './support/desk.ts'

const nodes = describeNodes(desk.describe())
const nodeOf = (id: string): NodeDescription => nodes.find((node) => node.id === id) as NodeDescription

describe('nodes from a description', () => {
  test('every operation and every facet of every stream has one', () => {
    expect(nodes.map(({ id, kind, effect }) => `${id} ${kind} ${effect}`)).toEqual([
      'desk.stamp operation unsafe',
      'desk.fileLetter operation idempotent',
      'desk.issueToken operation read',
      'desk.useToken operation read',
      'desk.letters.read read read',
      'desk.letters.write write keyed',
      'desk.bells.listen trigger read',
    ])
  })

  test('they come from plain data: what was written to a file gives the same', () => {
    expect(describeNodes(JSON.parse(JSON.stringify(desk.describe())))).toEqual(nodes)
  })

  test('names, ports, configuration and docs', () => {
    const { name, category, inputs, outputs, configuration, docs } = nodeOf('desk.fileLetter')
    expect({ name, category }).toEqual({ name: 'Desk: file letter', category: 'other' })
    expect(inputs).toEqual([
      {
        name: 'input',
        description: expect.any(String),
        required: true,
        schema: expect.objectContaining({ type: 'object', required: ['body'] }),
      },
    ])
    expect(outputs).toEqual([
      {
        name: 'output',
        description: expect.any(String),
        required: true,
        schema: expect.objectContaining({ required: ['bytes'] }),
      },
    ])
    expect(configuration).toMatchObject({ properties: { password: { secret: true } } })
    expect(docs).toContain('# Desk: file letter')
    expect(docs).toContain('Effect: `idempotent`.')
    expect(nodeOf('desk.letters.read').inputs.map((port) => `${port.name}${port.required ? '' : '?'}`)).toEqual([
      'input?',
      'cursor?',
      'maxRecords?',
    ])
    expect(nodeOf('desk.letters.write').inputs.map((port) => `${port.name}${port.required ? '' : '?'}`)).toEqual([
      'input?',
      'records',
    ])
    expect(nodeOf('desk.bells.listen').docs).toContain('Starts the workflow at each event')
  })

  test('error codes are those declared and those of any call; only what must not be repeated can end unknown', () => {
    expect(nodeOf('desk.fileLetter').errorCodes).toContain('already_exists')
    expect(nodeOf('desk.fileLetter').errorCodes).not.toContain('outcome_unknown')
    expect(nodeOf('desk.stamp').errorCodes).toContain('outcome_unknown')
    expect(nodeOf('desk.stamp').errorCodes).not.toContain('already_exists')
    for (const { errorCodes: codes } of nodes) expect(codes).toEqual(errorCodes.filter((code) => codes.includes(code)))
  })
})

describe('the palette', () => {
  test('meets its own schema, and a broken one does not', () => {
    const check = new Ajv2020({ strict: false }).compile(paletteSchema)
    const palette = exportPalette([desk.describe()])
    expect({ ok: check(palette), errors: check.errors }).toEqual({ ok: true, errors: null })
    expect(check({ ...palette, paletteVersion: 2 })).toBe(false)
    expect(check({ ...palette, nodes: [{ ...palette.nodes[0], surprise: 1 }] })).toBe(false)
  })

  test('is sorted: the order of the connectors does not matter', () => {
    const other = { ...desk.describe(), name: 'attic' }
    const palette = exportPalette([desk.describe(), other])
    expect(palette).toEqual(exportPalette([other, desk.describe()]))
    expect(palette.connectors.map(({ name }) => name)).toEqual(['attic', 'desk'])
    expect(palette.nodes[0]?.id).toBe('attic.bells.listen')
  })
})

describe('executing', () => {
  const configuration = { password: 'open sesame' }

  test('an operation answers with its output; a mistake is an answer too, never a throw', async () => {
    await using stamp = createNode(desk, 'stamp', { configuration })
    expect(await stamp.execute({ inputs: { input: { times: 2 } } })).toEqual({
      success: true,
      output: { stamped: 2 },
      attempts: 1,
    })
    expect(await stamp.execute({ inputs: { input: { times: 'twice' } } })).toMatchObject({
      success: false,
      error: { code: 'invalid_input', operation: 'stamp' },
    })
    expect(await stamp.execute({ inputs: { inptu: {} } })).toMatchObject({
      success: false,
      error: { code: 'invalid_input', message: expect.stringContaining('Did you mean "input"?') },
    })
    expect(await stamp.execute()).toMatchObject({ success: false, error: { code: 'invalid_input' } })
    const stopped = await stamp.execute({ inputs: { input: { times: 1 } }, signal: AbortSignal.abort() })
    expect(stopped).toMatchObject({ success: false, error: { code: 'cancelled' } })
  })

  test('a wrong configuration is the answer of the execution, without the secret', async () => {
    await using node = createNode(desk, 'stamp', { configuration: { password: 42, colour: 'open sesame' } })
    const result = await node.execute({ inputs: { input: { times: 1 } } })
    expect(result).toMatchObject({ success: false, error: { code: 'invalid_input', connector: 'desk' } })
    expect(JSON.stringify(result)).not.toContain('open sesame')
  })

  test('a stream is read page by page from its cursor', async () => {
    await using node = createNode(desk, 'desk.letters.read', { configuration })
    const first = await node.execute({ inputs: { maxRecords: 2 } })
    expect(first).toMatchObject({ success: true, output: { records: [{ id: 1 }, { id: 2 }], done: false } })
    const { cursor } = (first as unknown as { output: { cursor: unknown } }).output
    const rest = await node.execute({ inputs: { cursor: JSON.parse(JSON.stringify(cursor)), maxRecords: 9 } })
    expect(rest).toMatchObject({ success: true, output: { records: [{ id: 3 }], done: true } })
    expect(await node.execute({ inputs: { maxRecords: 0 } })).toMatchObject({
      success: false,
      error: { code: 'invalid_input' },
    })
  })

  test('a write answers for each record, under keys that follow from the step', async () => {
    const connection = desk(configuration)
    const node = createNode(connection, 'letters.write')
    const result = await node.execute({ inputs: { records: [{ id: 7 }, { id: -1 }] }, idempotencyKey: 'step-1' })
    expect(result).toMatchObject({
      success: true,
      output: { succeeded: 1, failed: [{ index: 1, error: { code: 'invalid_input' } }] },
    })
    expect((await connection.$.client()).keys).toEqual(['step-1-0', 'step-1-1'])
    expect(await node.execute({ inputs: { records: 'none' } })).toMatchObject({
      success: false,
      error: { code: 'invalid_input' },
    })
    await node.close()
    // It was the host's connection, and still is.
    expect(await connection.stamp({ times: 1 })).toEqual({ stamped: 1 })
    await connection.close()
  })

  test('a trigger is described, not executed', async () => {
    await using node = createNode(desk, 'bells.listen', { configuration })
    expect(await node.execute()).toMatchObject({ success: false, error: { code: 'unsupported' } })
  })

  test('secrets leave as handles that are good as inputs', async () => {
    const connection = desk(configuration)
    const issued = await createNode(connection, 'issueToken').execute()
    expect(issued).toEqual({ success: true, output: { token: { $secret: expect.any(String) } }, attempts: 1 })
    expect(JSON.stringify(issued)).not.toContain('token-of-the-desk')
    const { token } = (issued as unknown as { output: { token: unknown } }).output
    expect(await createNode(connection, 'useToken').execute({ inputs: { input: { token } } })).toMatchObject({
      success: true,
      output: { right: true },
    })
    await connection.close()
  })

  test('a closed node answers so', async () => {
    const node = createNode(desk, 'stamp', { configuration })
    await node.close()
    expect(await node.execute({ inputs: { input: { times: 1 } } })).toMatchObject({
      success: false,
      error: { code: 'cancelled' },
    })
  })

  test('names that are not there, and targets that are none', () => {
    expect(() => createNode(desk, 'stmp')).toThrow('There is no node "desk.stmp". Did you mean "desk.stamp"')
    expect(() => createNode({}, 'stamp')).toThrow('A node is made of a connector or of a connection.')
    expect(() => createNode(desk(configuration), 'stamp', { configuration })).toThrow('brings its own settings')
  })
})

describe('files', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'casare-nodes-'))
    await writeFile(join(folder, 'letter.txt'), 'Dear desk')
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  test('are refused, whatever the configuration says, unless the host names folders', async () => {
    const input = { body: { file: 'letter.txt' } }
    const configuration = { password: 'open sesame', files: { roots: [folder] } }
    await using closed = createNode(desk, 'fileLetter', { configuration })
    expect(await closed.execute({ inputs: { input } })).toMatchObject({
      success: false,
      error: { code: 'invalid_input', message: expect.stringContaining('Files are not allowed') },
    })
    await using open = createNode(desk, 'fileLetter', { configuration, fileRoots: [folder] })
    expect(await open.execute({ inputs: { input } })).toMatchObject({ success: true, output: { bytes: 9 } })
    expect(await closed.execute({ inputs: { input: { body: { text: 'Dear desk' } } } })).toMatchObject({
      success: true,
      output: { bytes: 9 },
    })
  })
})
