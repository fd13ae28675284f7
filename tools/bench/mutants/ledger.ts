import { defineConnector, listens, operation, reads, schema, stream, writes, type WriteFailure } from '@casare/core'
import { secret } from '@casare/core/zod'
import { z } from 'zod'
import type { Bug } from './bugs.ts'
import { LedgerClient, toFacts } from './ledger-client.ts'

/** The sample connector, right, or with one bug in it. */
export function createLedger(bug?: Bug) {
  const is = (name: Bug): boolean => bug === name
  const entry = { id: z.string().min(1), text: z.string() }
  const done = z.object({ ok: z.boolean() })
  const query = (id: string): string => (is('unencoded-query') ? id : encodeURIComponent(id.toWellFormed()))

  const get = operation({
    description: 'Reads an entry.',
    effect: 'read',
    input: z.strictObject({ id: entry.id }),
    output: z.object({ text: is('wrong-output') ? (z.number() as unknown as z.ZodString) : z.string() }),
    errors: is('declared-never-given') ? ['not_found', 'conflict'] : ['not_found'],
    async run(client: LedgerClient, { id }, context) {
      const { text = '' } = await client.call('GET', `/get?id=${query(id)}`, undefined, context)
      return { text }
    },
  })
  const put = operation({
    description: 'Puts an entry.',
    effect: 'idempotent',
    input: is('loose-input') ? z.object(entry) : z.strictObject(entry),
    output: is('empty-schema') ? (z.unknown() as unknown as typeof done) : done,
    errors: ['invalid_input'],
    run: async (client: LedgerClient, input, context) => {
      await client.call('POST', '/put', input, context)
      return { ok: true }
    },
  })
  const create = operation({
    description: 'Creates an entry.',
    effect: is('unsafe-as-idempotent') ? 'idempotent' : 'unsafe',
    input: z.strictObject(entry),
    output: done,
    errors: ['already_exists'],
    run: async (client: LedgerClient, input, context) => {
      await client.call('POST', '/create', input, context)
      return { ok: true }
    },
  })
  const pay = operation({
    description: 'Pays once per key.',
    effect: 'keyed',
    input: z.strictObject(entry),
    output: done,
    run: async (client: LedgerClient, input, context) => {
      const key = is('key-per-attempt') ? crypto.randomUUID() : context.idempotencyKey
      await client.call('POST', '/pay', { ...input, key }, context)
      return { ok: true }
    },
  })
  const remove = operation({
    description: 'Removes an entry.',
    effect: 'idempotent',
    input: z.strictObject({ id: entry.id }),
    output: done,
    errors: ['not_found'],
    run: async (client: LedgerClient, input, context) => {
      await client.call('POST', '/remove', input, context)
      return { ok: true }
    },
  })

  return defineConnector({
    name: 'ledger',
    title: 'The Ledger',
    category: 'http',
    contractVersion: 1,
    config: schema(
      z.strictObject({
        host: z.string().min(1),
        port: z.number().int(),
        secure: z.boolean().default(false),
        token: is('secret-not-marked') ? (z.string() as unknown as ReturnType<typeof secret>) : secret(),
      }),
    ),
    uses: ['pool', 'tls'],
    open(config, context) {
      const { host, port, secure } = config
      const token = typeof config.token === 'string' ? config.token : config.token.reveal()
      return new LedgerClient({ host, port, secure, token }, context, bug)
    },
    close: (client) => client.close(),
    async check(client, context) {
      if (!is('check-checks-nothing')) await client.call('GET', '/list?size=1', undefined, context)
    },
    toError: (error) => toFacts(error, bug),
    operations: { get, put, create, pay, remove },
    streams: { entries: entriesOf(is) },
  })
}

const event = z.object({ number: z.number() })

function entriesOf(is: (name: Bug) => boolean) {
  const record = z.object({ id: z.string(), text: z.string(), group: z.number() })
  return stream({
    description: 'The entries of the ledger.',
    read: reads({
      input: z.strictObject({ size: z.number().int().min(1).default(4) }),
      record,
      cursor: z.array(z.union([z.number(), z.string()])),
      identify: ({ id, group }) => ({ id: is('wrong-identity') ? String(group) : id }),
      async *pages(client: LedgerClient, { size }, context) {
        const { maxRecords = size } = context
        let position = context.cursor
        for (;;) {
          const offset = is('offset-cursor') ? Number(position?.[0] ?? 0) : 0
          const after = is('offset-cursor') ? undefined : position
          const strict = is('ties-dropped') ? '&strict=group' : ''
          const asked = is('cursor-ahead') ? maxRecords + 1 : maxRecords + offset
          const path = `/list?size=${asked}${strict}${after === undefined ? '' : `&after=${encodeURIComponent(JSON.stringify(after))}`}`
          const got = (await client.call('GET', path, undefined, context)).items ?? []
          const items = got.slice(offset)
          const reached = items.at(-1)
          if (reached === undefined) return
          position = is('offset-cursor') ? [offset + items.length] : [reached.group, reached.id]
          const cursor = is('cursor-not-json') ? [reached.group, new Date(0) as unknown as string] : position
          const records = is('cursor-ahead') && items.length > maxRecords ? items.slice(0, maxRecords) : items
          if (is('stop-leaves-generator')) setInterval(() => undefined, 60_000)
          yield { records, cursor }
          if (is('first-page-only')) return
          if (is('endless-pages') && items.length < maxRecords) position = [reached.group, '']
        }
      },
    }),
    listen: listens({
      input: z.strictObject({}),
      event,
      ...(is('no-heartbeat') ? {} : { heartbeatMs: 250 }),
      async subscribe(client: LedgerClient, _input, { deliver, ready, alive, signal, ...context }) {
        const call = (method: string, path: string, body?: object) =>
          client.call(method, path, body, { ...context, signal, note: () => undefined })
        const { subscription } = await call('GET', '/subscribe')
        ready()
        while (!signal.aborted) {
          const next = await call('GET', `/poll?subscription=${String(subscription)}`).catch(async (error: unknown) => {
            if (is('no-reconnect'))
              await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
            throw error
          })
          alive()
          const { number, redelivered } = next as { number?: number; redelivered?: boolean }
          if (number === undefined) {
            await new Promise((resolve) => setTimeout(resolve, 10))
            continue
          }
          // Its own short call: the subscription may be over when the handler is done.
          const answer = async (path: string): Promise<void> => {
            const own = { ...context, signal: AbortSignal.timeout(5_000), note: () => undefined } as never
            await client.call('POST', path, { number }, own)
          }
          if (is('ack-before-handling')) await answer('/ack')
          await deliver({
            id: String(number),
            redelivered: redelivered === true,
            event: { number },
            ack: () => (is('lost-ack') ? undefined : answer('/ack')),
            nack: () => answer(is('nack-drops') ? '/ack' : '/nack'),
            ...(is('no-dead-letter') ? {} : { deadLetter: () => answer('/dead') }),
          })
        }
      },
    }),
    write: writes({
      input: z.strictObject({}),
      record: z.looseObject({ id: z.string(), text: z.string() }),
      effect: 'keyed',
      maxBatchRecords: 50,
      async write(client: LedgerClient, records, _input, context) {
        const failed: WriteFailure[] = []
        for (const [index, { id, text }] of records.entries()) {
          const key = context.keys?.[index]
          try {
            await client.call('POST', '/pay', { id, text, key }, context)
          } catch (error) {
            if (is('poison-swallowed')) continue
            failed.push({ index: is('wrong-index') ? 0 : index, error })
            if (is('batch-stops-at-poison')) break
          }
        }
        return failed
      },
    }),
  })
}
