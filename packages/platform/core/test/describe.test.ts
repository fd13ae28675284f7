import { describe, expect, test } from '@jest/globals'
import { z } from 'zod'
import { anyRecord, defineConnector, listens, operation, reads, schema, session, stream, writes } from '../src/index.ts'

const empty = z.strictObject({})
const client = { open: () => ({}), toError: () => undefined, contractVersion: 1, category: 'other' } as const

const rich = defineConnector({
  ...client,
  name: 'rich',
  title: 'The Rich',
  description: 'Has everything.',
  config: schema(z.strictObject({ host: z.string() })),
  uses: ['pool', 'tls', 'readOnly'],
  secretProvider: () => Promise.reject(new Error('not here')),
  operations: {
    look: operation({
      description: 'Looks.',
      effect: 'read',
      input: z.strictObject({ at: z.string() }),
      output: z.object({ seen: z.boolean() }),
      errors: ['not_found'],
      run: () => ({ seen: true }),
    }),
  },
  streams: {
    things: stream({
      description: 'Things.',
      read: reads({
        description: 'Reads things.',
        input: empty,
        record: z.object({ id: z.string() }),
        cursor: z.number(),
        errors: ['conflict'],
        async *pages() {},
      }),
      listen: listens({
        description: 'Hears of things.',
        input: z.strictObject({ loud: z.boolean() }),
        event: z.object({ what: z.string() }),
        errors: ['permission_denied'],
        subscribe: () => Promise.resolve(),
      }),
      write: writes({
        description: 'Writes things.',
        input: empty,
        record: anyRecord,
        effect: () => 'idempotent' as const,
        errors: ['already_exists'],
        write: () => [],
      }),
    }),
    bare: stream({
      description: 'Bare.',
      read: reads({
        input: empty,
        record: anyRecord,
        cursor: z.string(),
        identify: () => ({ id: '1' }),
        async *pages() {},
      }),
      listen: listens({ input: empty, event: anyRecord, subscribe: () => Promise.resolve() }),
      write: writes({ input: empty, record: anyRecord, effect: 'unsafe', write: () => [] }),
    }),
  },
  sessions: {
    scope: session({
      description: 'A scope.',
      input: z.strictObject({ strict: z.boolean() }),
      run: (given: object, _input: object, _context, work) => work(given),
    }),
  },
})

const poor = defineConnector({
  ...client,
  name: 'poor',
  title: 'The Poor',
  config: schema(z.union([z.strictObject({ a: z.string() }), z.strictObject({ b: z.string() })])),
})

describe('a description', () => {
  const described = rich.describe()
  const object = (properties: object): object => expect.objectContaining({ type: 'object', properties })

  test('says all that was stated', () => {
    expect(described).toMatchObject({
      name: 'rich',
      title: 'The Rich',
      category: 'other',
      contractVersion: 1,
      description: 'Has everything.',
      secretProvider: true,
      operations: {
        look: {
          description: 'Looks.',
          effect: 'read',
          effectDepends: false,
          input: object({ at: { type: 'string' } }),
          output: object({ seen: { type: 'boolean' } }),
          errors: ['not_found'],
        },
      },
      sessions: { scope: { description: 'A scope.', input: object({ strict: { type: 'boolean' } }) } },
    })
    expect(described.streams['things']).toMatchObject({
      description: 'Things.',
      read: {
        description: 'Reads things.',
        input: { type: 'object' },
        record: object({ id: { type: 'string' } }),
        cursor: { type: 'number' },
        identified: false,
        errors: ['conflict'],
      },
      listen: {
        description: 'Hears of things.',
        input: object({ loud: { type: 'boolean' } }),
        event: object({ what: { type: 'string' } }),
        errors: ['permission_denied'],
      },
      write: {
        description: 'Writes things.',
        effect: 'unsafe',
        effectDepends: true,
        input: { type: 'object' },
        record: { type: 'object', additionalProperties: true, description: expect.any(String) },
        atomic: false,
        errors: ['already_exists'],
      },
    })
  })

  test('falls back to what is known', () => {
    expect(described.streams['bare']).toMatchObject({
      read: { description: 'Bare.', identified: true, errors: [] },
      listen: { description: 'Bare.', errors: [] },
      write: { description: 'Bare.', effect: 'unsafe', effectDepends: false, errors: [] },
    })
    expect(poor.describe()).toMatchObject({
      description: 'Connects to The Poor.',
      operations: {},
      streams: {},
      sessions: {},
      secretProvider: false,
    })
  })

  test('shows the parts of the config that mean something to the connector, beside its own', () => {
    expect(described.config).toMatchObject({
      type: 'object',
      required: ['host'],
      properties: {
        host: { type: 'string' },
        pool: { type: 'object' },
        tls: { type: 'object', properties: { key: { secret: true } } },
        timeouts: { type: 'object' },
        resilience: {},
        log: { type: 'boolean', description: expect.any(String) },
        readOnly: { type: 'boolean', description: expect.any(String) },
      },
    })
    const { config } = poor.describe()
    expect(config).toMatchObject({ $comment: expect.any(String), uniform: { type: 'object' } })
    expect(config['anyOf']).toHaveLength(2)
    const { properties } = config['uniform'] as { properties: object }
    expect(Object.keys(properties).sort()).toEqual(['log', 'readOnly', 'resilience', 'timeouts'])
  })
})
