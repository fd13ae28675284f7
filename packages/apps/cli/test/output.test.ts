import { inspect } from 'node:util'
import { describe, expect, test } from '@jest/globals'
import { Redactor, Secret } from '@casare/core'
import { parseJson, settings } from '../src/arguments/settings.ts'
import { shellWord } from '../src/output/format.ts'
import { maskPersonal } from '../src/output/mask-personal.ts'
import { printable } from '../src/output/printable.ts'
import { schemaLines } from '../src/output/schema-lines.ts'
import { table } from '../src/output/table.ts'
import { Terminal, wantsColor } from '../src/output/terminal.ts'
import { registeringProviders } from '../src/project/registering-providers.ts'
import { readLines, readText } from '../src/read-stdin.ts'

function failureOf(work: () => unknown): Error {
  try {
    work()
  } catch (error) {
    return error as Error
  }
  throw new Error('It did not fail.')
}

function screen(isTTY: boolean, json = false) {
  const written: string[] = []
  const output = { write: (text: string) => written.push(text), isTTY, columns: 40 }
  return { written, terminal: new Terminal({ stdout: output, stderr: output }, { json, color: false }) }
}

describe('text from outside', () => {
  test('cannot steer the terminal, nor turn its direction', () => {
    expect(printable('a\u001b[2J\u0007\r\nb\u202e')).toBe('a\\u001b[2J\\u0007\\r\\nb\\u202e')
    expect(printable('one\ntwo\u009b', 'lines')).toBe('one\ntwo\\u009b')
    const { terminal } = screen(false)
    expect(table(terminal, [{ title: 'x', value: (row: string) => row }], ['\u001b]0;title\u0007'])).not.toContain(
      '\u001b',
    )
  })

  test('personal and secret fields of a record are not shown, however deep', () => {
    const schema = {
      type: 'object',
      properties: {
        name: { type: 'string', pii: true },
        card: { anyOf: [{ type: 'null' }, { type: 'string', secret: true }] },
        orders: {
          type: 'array',
          items: { type: 'object', properties: { to: { pii: true }, total: { type: 'number' } } },
        },
      },
      additionalProperties: { type: 'object', properties: { mail: { pii: true } } },
    }
    const record = { name: 'Ada', card: '1234', orders: [{ to: 'Ada', total: 3 }], other: { mail: 'a@b', kept: 1 } }
    expect(maskPersonal(record, schema)).toEqual({
      name: '[personal]',
      card: '[secret]',
      orders: [{ to: '[personal]', total: 3 }],
      other: { mail: '[personal]', kept: 1 },
    })
    expect(record.name).toBe('Ada')
    expect(maskPersonal(record, undefined)).toBe(record)
  })
})

describe('the terminal', () => {
  test('lines go above the status, which is drawn again below them', () => {
    const { written, terminal } = screen(true)
    terminal.status('working')
    terminal.note('a line')
    terminal.status('')
    expect(written.join('')).toBe('\r\u001b[2Kworking\r\u001b[2Ka line\nworking\r\u001b[2K')
  })

  test('no status where there is no terminal, and only data with --json', () => {
    const plain = screen(false)
    plain.terminal.status('working')
    expect(plain.written).toEqual([])
    const machine = screen(true, true)
    machine.terminal.status('working')
    machine.terminal.print('for people')
    machine.terminal.data({ a: [1] })
    expect(machine.written).toEqual(['{"a":[1]}\n'])
  })

  test('colours are for terminals that want them', () => {
    const stdout = { write: () => true, isTTY: true }
    expect(wantsColor({ stdout, env: {} }, false)).toBe(true)
    expect(wantsColor({ stdout, env: { NO_COLOR: '' } }, false)).toBe(true)
    for (const env of [{ NO_COLOR: '1' }, { TERM: 'dumb' }]) expect(wantsColor({ stdout, env }, false)).toBe(false)
    expect(wantsColor({ stdout, env: {} }, true)).toBe(false)
    expect(wantsColor({ stdout: { ...stdout, isTTY: false }, env: {} }, false)).toBe(false)
  })

  test('tables are aligned, numbers to the right, long texts cut', () => {
    const columns = [
      { title: 'name', value: ({ name }: { name: string; size: number }) => name, maxWidth: 6 },
      { title: 'size', align: 'right' as const, value: ({ size }: { name: string; size: number }) => String(size) },
    ]
    const rows = [
      { name: 'a', size: 1 },
      { name: 'a long name', size: 12345 },
    ]
    expect(table(screen(false).terminal, columns, rows)).toBe('name     size\na           1\na lon…  12345')
  })
})

describe('words, settings and JSON', () => {
  test('words are quoted where a shell would take them apart', () => {
    expect(['flights.yaml', '{"a":1}', "it's", ''].map(shellWord)).toEqual([
      'flights.yaml',
      `'{"a":1}'`,
      `'it'\\''s'`,
      "''",
    ])
  })

  test('settings take any value, also none and one with "="', () => {
    expect(settings(['a=1', 'b=', 'c=x=y\nz'])).toEqual({ a: '1', b: '', c: 'x=y\nz' })
    expect(() => settings(['a=1', 'a=2'])).toThrow('--set a=… is given twice.')
    expect(() => settings(['1a=2'])).toThrow('NAME=VALUE')
  })

  test('JSON that breaks is not quoted back: it may hold a secret', () => {
    for (const text of [
      '{"token":"s3cr3t-value-0123456789"',
      '{"token":s3cr3t-value-0123456789}',
      "{'token':'s3cr3t-value-0123456789'}",
      's3cr3t-value-0123456789',
    ]) {
      const failure = failureOf(() => parseJson(text, 'The input'))
      expect(failure.message).toContain('The input is not valid JSON.')
      expect(inspect(failure)).not.toContain('s3cr3t')
    }
    expect(() => parseJson('{"a":1,}', 'The input')).toThrow('The input is not valid JSON. It breaks at character 8.')
  })

  test('standard input is read across the borders of chunks, also within a character', async () => {
    const bytes = Buffer.from('one\nzwöi\nthree')
    const chunks = async function* () {
      for (const byte of bytes) yield Uint8Array.of(byte)
    }
    const lines: string[] = []
    for await (const line of readLines(chunks())) lines.push(line)
    expect(lines).toEqual(['one', 'zwöi', 'three'])
    expect(await readText(chunks())).toBe('one\nzwöi\nthree')
  })
})

test('a secret is known to the redactor as soon as it is resolved', async () => {
  const redactor = new Redactor()
  const providers = { vault: () => new Secret('s3cr3t-value-0123456789') }
  const { vault } = registeringProviders(providers, redactor, { folder: '.', env: {} })
  await vault?.({ provider: 'vault', path: 'x', field: undefined, text: 'secret://vault/x' })
  expect(redactor.text('it is s3cr3t-value-0123456789.')).toBe('it is [secret].')
})

test('schemas are shown as fields with type, default and what they are for', () => {
  const schema = {
    type: 'object',
    required: ['path'],
    properties: {
      path: { type: 'string', description: 'Where.' },
      mode: { enum: ['a', 'b'], default: 'a' },
      key: { type: 'string', secret: true },
      tags: { type: 'array', items: { type: 'string' } },
      auth: { oneOf: [{ type: 'object', properties: { kind: { const: 'none' } }, required: ['kind'] }] },
    },
  }
  expect(schemaLines(schema)).toEqual([
    '  path: string  Where.',
    '  mode?: "a" | "b"  Default "a".',
    '  key?: secret',
    '  tags?: list of string',
    '  auth?: object',
    '    one of',
    '      kind: "none"',
  ])
  expect(schemaLines({})).toEqual(['  anything'])
})
