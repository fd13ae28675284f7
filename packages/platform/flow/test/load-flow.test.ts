import { describe, expect, test } from '@jest/globals'
import { ConnectorError } from '@casare/core'
import { checkFlow, defineFlow, parseFlow, resolveConnector } from '../src/index.ts'
import { memory } from './support/memory.ts'

const good = `flow: flights
connections:
  api:
    connector: memory
write:
  to: api.records
read:
  from: api.records
`
function problem(text: string): string {
  try {
    parseFlow(text, '/somewhere/flights.yaml')
  } catch (error) {
    if (ConnectorError.is(error, 'invalid_input')) return error.message
    throw error
  }
  throw new Error('no problem was found')
}

describe('a flow file', () => {
  test('is read', () => {
    expect(parseFlow(good, '/x/flights.yaml').definition).toMatchObject({
      flow: 'flights',
      read: { from: 'api.records' },
    })
  })

  test.each([
    ['an unknown key', `${good}filds:\n  id: id\n`, 'flights.yaml:9: filds: unknown key. Did you mean "fields"'],
    [
      'an unknown key inside',
      good.replace('  from: api.records', '  from: api.records\n  pagesize: 3'),
      'flights.yaml:9: read.pagesize: unknown key. Did you mean "pageSize"',
    ],
    ['a missing part', good.replace('write:\n  to: api.records\n', ''), '"write" is missing'],
    ['a wrong value', `${good}batchSize: 0\n`, 'flights.yaml:9: batchSize: must be >= 1'],
    [
      'a wrong reference',
      good.replace('from: api.records', 'from: api'),
      'flights.yaml:8: read.from: "api" does not have the form CONNECTION.STREAM',
    ],
    ['broken YAML', 'flow: [a', 'flights.yaml:1:9: this is not valid YAML'],
    ['a key twice', `${good}flow: again\n`, 'flights.yaml:9:1: this is not valid YAML'],
    ['a prototype key', `${good}__proto__:\n  x: 1\n`, 'unknown key'],
    [
      'a bomb',
      `a: &a [x,x,x,x,x,x,x,x,x,x]\n${'bcdefghij'
        .split('')
        .map((name, index) => `${name}: &${name} [${Array(10).fill(`*${'abcdefghi'[index]}`).join(',')}]`)
        .join('\n')}\n`,
      'aliases',
    ],
  ])('%s: file, line, field, what and what to do', (_what, text, message) => {
    expect(problem(text)).toContain(message)
  })
})

describe('checking', () => {
  const definition = {
    flow: 'test',
    connections: { a: { connector: memory } },
    read: { from: 'a.records' },
    write: { to: 'a.records' },
  }
  test.each([
    ['a connection that is not there', { read: { from: 'b.records' } }, 'read.from: there is no connection "b"'],
    ['a stream that is not there', { read: { from: 'a.record' } }, 'Did you mean "records"'],
    ['broken JSONata', { map: '{ "a": ' }, 'map: this is not valid JSONata'],
    ['a broken schema', { validate: { type: 'objekt' } }, 'validate: this is not a JSON Schema'],
    ['an undeclared parameter', { read: { from: 'a.records', input: { x: '${url}' } } }, '${url} is not declared'],
    ['two sources of a field', { fields: { id: { from: 'a', constant: 1 } } }, 'only one of from, constant'],
  ])('%s', async (_what, extra, message) => {
    await expect(checkFlow(defineFlow({ ...definition, ...extra }))).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining(message),
    })
  })

  test('a connector that is not installed: nearest names, and how to install it', async () => {
    await expect(resolveConnector('sqlit', process.cwd())).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringMatching(/Did you mean "sqlite".*npm install @casare\/sqlit/),
    })
    for (const name of ['./evil', '/etc/passwd', 'file:///x', '../x', '@other/x', 'https://x'])
      await expect(resolveConnector(name, process.cwd())).rejects.toMatchObject({ code: 'invalid_input' })
  })

  test('parameters fill texts; secrets of a file must be references', async () => {
    const text = `flow: x\nparameters: { who: { default: me } }\nconnections:\n  db:\n    connector: sqlite\n    config: { path: ":memory:" }\nread: { from: db.rows, input: { table: "\${who}" } }\nwrite: { to: db.rows, input: { table: t } }\n`
    await expect(checkFlow(parseFlow(text, `${process.cwd()}/x.yaml`))).resolves.toBeUndefined()
    await expect(
      checkFlow(parseFlow(text, `${process.cwd()}/x.yaml`), { parameters: { whom: 'x' } }),
    ).rejects.toMatchObject({ message: expect.stringContaining('Did you mean "who"') })
    const hidden = text.replace('path: ":memory:"', 'path: "secret://env/HOME"')
    await expect(checkFlow(parseFlow(hidden, `${process.cwd()}/x.yaml`))).rejects.toMatchObject({
      message: expect.stringMatching(/x\.yaml:6: connections\.db\.config\.path: this field is not secret/),
    })
  })
})
