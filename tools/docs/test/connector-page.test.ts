import { describe, expect, test } from '@jest/globals'
import type { ConnectorDescription, JsonSchema } from '@casare/core'
import { connectorPage } from '../src/connector-page.ts'
import { withConnectorTable } from '../src/connector-table.ts'
import type { DescribedConnector } from '../src/described-connector.ts'
import { sampleInput } from '../src/sample-input.ts'
import { schemaRows } from '../src/schema-rows.ts'

const text = (description: string): JsonSchema => ({ type: 'string', description })

const description: ConnectorDescription = {
  name: 'post',
  title: 'Post',
  category: 'messaging',
  contractVersion: 1,
  description: 'Sends letters.',
  config: {
    type: 'object',
    properties: {
      baseUrl: text('Where the post office is.'),
      auth: {
        oneOf: [
          { type: 'object', properties: { kind: { const: 'none' } }, required: ['kind'] },
          {
            type: 'object',
            properties: {
              kind: { const: 'token' },
              token: { type: 'string', secret: true, description: 'The token.' },
            },
            required: ['kind', 'token'],
          },
        ],
      },
      log: { type: 'boolean', description: 'Writes lines.' },
    },
    required: ['baseUrl'],
  },
  operations: {
    sendLetter: {
      description: 'Sends one letter.',
      effect: 'keyed',
      effectDepends: false,
      input: {
        type: 'object',
        properties: {
          to: text('An address | a <name>.'),
          pages: { type: 'integer', minimum: 2, maximum: 9, default: 3 },
        },
        required: ['to'],
      },
      output: { type: 'object', properties: { id: text('Number of the letter.') }, required: ['id'] },
      errors: ['not_found', 'rate_limited'],
    },
  },
  streams: {
    letters: {
      description: 'The letters.',
      read: {
        description: 'Reads them.',
        input: { type: 'object', properties: {} },
        record: { type: 'object', properties: { id: text('Number.') }, required: ['id'] },
        cursor: { type: 'string' },
        identified: true,
        errors: ['unauthenticated'],
      },
    },
  },
  sessions: {},
  secretProvider: false,
}

const connector: DescribedConnector = {
  manifest: {
    name: '@casare/post',
    version: '0.1.0',
    exports: {},
    casare: { stability: 'beta', peer: 'a real post office' },
  },
  description,
  exportName: 'post',
  sample: undefined,
}

describe('a page', () => {
  const page = connectorPage(connector)

  test('has each part', () => {
    const headings = [...page.matchAll(/^#+ .*$/gm)].map(([heading]) => heading)
    expect(headings).toEqual([
      '# Post',
      '## How it fits together',
      '## Example',
      '## Authentication',
      '## Configuration',
      '## Operations',
      '### `sendLetter`',
      '## Streams',
      '### `letters`',
      '#### `letters.read`',
      '## Testing plan',
    ])
    expect(page).toContain('```mermaid\nflowchart LR')
  })

  test('has credentials under authentication, and what every connection takes apart', () => {
    const section = (name: string): string => page.split(`## ${name}\n`)[1]?.split('\n## ')[0] ?? ''
    expect(section('Authentication')).toContain('| `auth.token` | string, secret |  | With kind "token". The token. |')
    expect(section('Authentication')).not.toContain('baseUrl')
    const [own, uniform] = section('Configuration').split('Like every connection')
    expect(own).toContain('`baseUrl`')
    expect(own).not.toContain('`log`')
    expect(uniform).toContain('`log`?')
  })

  test('has input, output, effect and errors of an operation, and no text breaks its cell', () => {
    expect(page).toContain('| `to` | string |  | An address \\| a &lt;name>. |')
    expect(page).toContain('| `pages`? | integer, 2 to 9 | `3` |  |')
    expect(page).toContain('| `id` | string | Number of the letter. |')
    expect(page).toContain('**Effect** `keyed`')
    expect(page).toContain('**Errors** `not_found`, `rate_limited`')
  })

  test('shows the sample of the README, or else one from the schemas', () => {
    expect(page).toContain("const connection = post({baseUrl: '…'})")
    expect(page).toContain(`casare call post.sendLetter '{"to":"…"}' --config '{"baseUrl":"…"}'`)
    expect(connectorPage({ ...connector, sample: 'const mail = post()' })).toContain('```ts\nconst mail = post()\n```')
  })

  test('plans a test of each promise and each error', () => {
    const plan = page.split('## Testing plan')[1]
    expect(plan).toContain('Peer: a real post office.')
    expect(plan).toMatch(/`sendLetter`.*applied it once.*`not_found`, `rate_limited`/)
    expect(plan).toMatch(/`letters\.read`.*every cursor.*`unauthenticated`/)
  })
})

test('fields of lists, and of nested objects three levels deep', () => {
  const one = (field: JsonSchema): JsonSchema => ({ type: 'object', properties: { a: field } })
  const names = (schema: JsonSchema) => schemaRows(schema).map(({ name }) => name)
  expect(names(one({ type: 'array', items: one({ type: 'string' }) }))).toEqual(['a', 'a[].a'])
  expect(names(one(one(one(one({ type: 'string' })))))).toEqual(['a', 'a.a', 'a.a.a'])
})

test.each([
  [{ type: 'string' }, '…'],
  [{ type: 'integer', minimum: 5 }, 5],
  [{ enum: ['x', 'y'] }, 'x'],
  [{ oneOf: [{ const: 1 }] }, 1],
  [{ type: ['boolean', 'null'] }, true],
  [{ type: 'array', items: { type: 'number' } }, [1]],
  [{ type: 'object', properties: { a: { default: 7 }, b: {} }, required: ['a'] }, { a: 7 }],
] as const)('a sample of %j', (schema, sample) => {
  expect(sampleInput(schema as unknown as JsonSchema)).toEqual(sample)
})

test('the table of a README is replaced, the rest of it stays', () => {
  const [begin, end] = ['<!-- connectors: generated by `npm run docs`, do not edit -->', '<!-- /connectors -->']
  const readme = withConnectorTable(`before ${begin} old ${end} after`, [connector])
  expect(readme).toMatch(/^before .* after$/s)
  expect(readme).not.toContain('old')
  expect(readme).toContain(
    '| [`@casare/post`](docs/connectors/post.md) | Post | sendLetter | letters (read) |  | a real post office | beta |',
  )
  expect(() => withConnectorTable('nothing', [])).toThrow('README.md needs the lines')
})
