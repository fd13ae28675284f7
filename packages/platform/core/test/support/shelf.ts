import { z } from 'zod'
import {
  anyRecord,
  ConnectorError,
  defineConnector,
  listens,
  operation,
  reads,
  schema,
  session,
  stream,
  vendor,
  writes,
} from '../../src/index.ts'
import type { CallContext, PendingDelivery } from '../../src/index.ts'
import { body, secret, withJsonSchema } from '../../src/zod/index.ts'

/** The vendor's client of a made-up system: a shelf of texts in memory, with switches for what shall go wrong. */
export class Shelf {
  readonly items = new Map<string, string>()
  readonly log: string[] = []
  readonly seen: CallContext[] = []
  opened = 0
  closed = 0
  /** Thrown by the next calls, in turn; `undefined` lets one pass. */
  failures: (Error | undefined)[] = []
  /** The effect happens before the failure is thrown. */
  failAfterEffect = false
  deliveries: PendingDelivery<{ text: string }>[] = []

  act<T>(what: string, effect: () => T): T {
    this.log.push(what)
    const failure = this.failures.shift()
    if (failure !== undefined && !this.failAfterEffect) throw failure
    const result = effect()
    if (failure !== undefined) throw failure
    return result
  }
}

export const lost = (): Error => Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })
export const refused = (): Error => Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })

const named = z.strictObject({ name: z.string().min(1) })
const text = z.strictObject({ name: z.string().min(1), text: z.string() })
const done = z.object({ ok: z.boolean() })

export const put = operation({
  description: 'Puts a text on the shelf.',
  effect: 'idempotent',
  input: text,
  output: done,
  vendor: vendor<{ colour: string }>(),
  run(client: Shelf, input, context) {
    client.seen.push(context)
    return client.act(`put ${input.name}`, () => {
      client.items.set(input.name, input.text)
      return { ok: true }
    })
  },
})

export const create = operation({
  description: 'Puts a text where there is none yet.',
  effect: 'unsafe',
  input: text,
  output: done,
  errors: ['already_exists'],
  run: (client: Shelf, input) =>
    client.act(`create ${input.name}`, () => {
      if (client.items.has(input.name)) throw new ConnectorError({ code: 'already_exists', message: 'It is there.' })
      client.items.set(input.name, input.text)
      return { ok: true }
    }),
})

export const createOnce = operation({
  ...create,
  run: (client: Shelf, input: { name: string; text: string }) => create.run(client, input, undefined as never),
  async reconcile(client: Shelf, input: { name: string; text: string }) {
    return client.items.get(input.name) === input.text ? { output: { ok: true } } : 'not_applied'
  },
})

export const pay = operation({
  description: 'Counts one up, once per key.',
  effect: 'keyed',
  input: named,
  output: z.object({ key: z.string() }),
  run(client: Shelf, input, { idempotencyKey = '' }) {
    return client.act(`pay ${input.name} ${idempotencyKey}`, () => ({ key: idempotencyKey }))
  },
})

export const get = operation({
  description: 'Reads a text.',
  effect: 'read',
  input: named,
  output: z.object({ text: z.string() }),
  errors: ['not_found'],
  run: (client: Shelf, { name }) =>
    client.act(`get ${name}`, () => {
      const found = client.items.get(name)
      if (found === undefined) throw new ConnectorError({ code: 'not_found', message: `There is no ${name}.` })
      return { text: found }
    }),
})

export const wait = operation({
  description: 'Waits to be aborted.',
  effect: (input: { harmless: boolean }) => (input.harmless ? 'read' : 'unsafe'),
  input: z.strictObject({ harmless: z.boolean() }),
  output: done,
  run: (_client: Shelf, _input, { signal }) =>
    new Promise<{ ok: boolean }>((_resolve, reject) =>
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
    ),
})

export const token = operation({
  description: 'Gives a token.',
  effect: 'read',
  input: z.strictObject({ use: secret().optional() }),
  output: z.object({ token: secret() }) as unknown as z.ZodType<{
    token: import('../../src/index.ts').Secret
    used: string | undefined
  }>,
  async run(_client: Shelf, { use }) {
    const { Secret } = await import('../../src/index.ts')
    return { token: new Secret('token-of-the-shelf'), used: use?.reveal() }
  },
})

export const send = operation({
  description: 'Takes a body.',
  effect: 'unsafe',
  input: z.strictObject({ content: body() }),
  output: z.object({ bytes: z.unknown(), big: z.unknown(), when: z.unknown() }),
  async run(_client: Shelf, { content }, { fileRoots }) {
    const { openBody, readBytes } = await import('../../src/index.ts')
    const opened = await openBody(content, fileRoots)
    return { bytes: await readBytes(opened.stream(), 10_000_000), big: 9007199254740993n, when: new Date(0) }
  },
})

export const items = stream({
  description: 'The texts of the shelf.',
  read: reads({
    input: z.strictObject({ pageSize: z.number().int().min(1).default(2) }),
    record: z.object({ name: z.string(), text: z.string() }),
    cursor: z.string(),
    identify: (record) => ({ id: record.name }),
    async *pages(client: Shelf, { pageSize }, { cursor, maxRecords = pageSize }) {
      const all = [...client.items]
        .map(([name, value]) => ({ name, text: value }))
        .sort((a, b) => (a.name < b.name ? -1 : 1))
      let rest = all.filter(({ name }) => cursor === undefined || name > cursor)
      while (rest.length > 0) {
        const records = rest.slice(0, maxRecords)
        client.act(`page ${records[0]?.name}`, () => undefined)
        rest = rest.slice(maxRecords)
        yield { records, cursor: records.at(-1)?.name ?? '' }
      }
    },
  }),
  listen: listens({
    input: z.strictObject({}),
    event: z.object({ text: z.string() }),
    heartbeatMs: 200,
    async subscribe(client: Shelf, _input, { deliver, ready, signal }) {
      client.act('subscribe', () => undefined)
      ready()
      while (!signal.aborted) {
        const next = client.deliveries.shift()
        if (next !== undefined) await deliver(next)
        else if (client.failures.length > 0) throw client.failures.shift() ?? new Error('gone')
        else await new Promise((resolve) => setTimeout(resolve, 2))
      }
      signal.throwIfAborted()
    },
  }),
  write: writes({
    input: z.strictObject({}),
    record: anyRecord,
    effect: 'keyed',
    maxBatchRecords: 4,
    atomic: true,
    write(client: Shelf, records, _input, { keys }) {
      return client.act(
        `write ${records.map((record) => String((record as { name?: unknown }).name)).join(',')}`,
        () => {
          const bad = records.find((record) => 'poison' in record)
          if (bad !== undefined)
            throw new ConnectorError({ code: 'invalid_input', message: 'There is poison in the batch.' })
          const failed = []
          for (const [index, record] of records.entries()) {
            const { name, text: value, busy } = record as { name: string; text: string; busy?: boolean }
            if (busy === true && client.items.get(`busy ${name}`) === undefined) {
              client.items.set(`busy ${name}`, keys?.[index] ?? '')
              failed.push({
                index,
                error: new ConnectorError({ code: 'rate_limited', message: 'Not now.', overload: false }),
              })
            } else
              client.items.set(
                name,
                `${value} ${busy === true ? String(client.items.get(`busy ${name}`) === keys?.[index]) : ''}`.trim(),
              )
          }
          return failed
        },
      )
    },
  }),
})

export const transaction = session({
  description: 'All or nothing.',
  input: z.strictObject({}),
  async run<Result>(client: Shelf, _input: object, _context: CallContext, work: (scoped: Shelf) => Promise<Result>) {
    client.act('begin', () => undefined)
    const before = new Map(client.items)
    try {
      const result = await work(client)
      client.act('commit', () => undefined)
      return result
    } catch (error) {
      client.items.clear()
      for (const [key, value] of before) client.items.set(key, value)
      throw error
    }
  },
})

const config = schema(
  z.strictObject({
    shelf: withJsonSchema(
      z.custom<Shelf>((value) => value instanceof Shelf, 'expected a shelf'),
      { type: 'object' },
    ).optional(),
    password: secret().optional(),
    slow: z.boolean().optional(),
  }),
)

export const shelf = defineConnector({
  name: 'shelf',
  title: 'The Shelf',
  category: 'other',
  contractVersion: 1,
  config,
  async open({ shelf: given, slow }) {
    const client = given ?? new Shelf()
    client.opened += 1
    const failure = client.opened === 1 ? undefined : client.failures.shift()
    if (slow === true) await new Promise((resolve) => setTimeout(resolve, 20))
    if (failure !== undefined) throw failure
    return client
  },
  close(client) {
    client.closed += 1
  },
  check(client) {
    client.act('check', () => undefined)
  },
  adopt: (client: Shelf) => client,
  toError: () => undefined,
  operations: { put, create, createOnce, pay, get, wait, token, send },
  streams: { items },
  sessions: { transaction },
  methods: (connection) => ({
    putAll: async (entries: Record<string, string>) =>
      Promise.all(Object.entries(entries).map(([name, value]) => connection.put({ name, text: value }))),
  }),
})

export const fast = { resilience: { retry: { baseMs: 1, overloadBaseMs: 1 } } } as const
