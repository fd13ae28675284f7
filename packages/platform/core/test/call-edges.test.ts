import { afterEach, describe, expect, test } from '@jest/globals'
import { z } from 'zod'
import { channels, ConnectorError, defineConnector, operation, schema } from '../src/index.ts'
import type { CallContext, Effect, ErrorFacts, Reconciled, RequestLogLine } from '../src/index.ts'
import { isRetryable } from '../src/runtime/to-connector-error.ts'
import { fast, lost, refused, Shelf, shelf } from './support/shelf.ts'

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()))
})

async function failure(promise: Promise<unknown>): Promise<ConnectorError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (ConnectorError.is(error)) return error
  throw new Error('it did not fail as it should')
}

/** One operation that does what a test says, of any effect, with or without a reconciliation. */
function scripted(options: {
  readonly effect?: Effect
  readonly run: (context: CallContext) => Promise<unknown>
  readonly reconcile?: (context: CallContext) => Promise<Reconciled<unknown>>
  readonly toError?: (error: unknown) => ErrorFacts | undefined
  readonly config?: object
}) {
  const { reconcile, toError = () => undefined } = options
  const connector = defineConnector({
    name: 'scripted',
    title: 'The Script',
    category: 'other',
    contractVersion: 1,
    config: schema(z.strictObject({ name: z.string().optional() })),
    open: () => ({}),
    toError,
    operations: {
      act: operation({
        description: 'Acts.',
        effect: options.effect ?? 'unsafe',
        input: z.strictObject({}),
        output: z.unknown(),
        run: (_client: unknown, _input, context) => options.run(context),
        ...(reconcile === undefined
          ? {}
          : { reconcile: (_client: unknown, _input: object, context: CallContext) => reconcile(context) }),
      }),
    },
  })
  const connection = connector({ ...fast, ...options.config })
  open.push(connection)
  return connection
}
const once = { resilience: { retry: false } } as const
const fail = (error: Error) => () => Promise.reject(error)

describe('what is known of a failure', () => {
  test.each([
    ['no', true, 'unsafe', true],
    ['maybe', true, 'unsafe', false],
    ['maybe', true, 'idempotent', true],
    ['yes', true, 'idempotent', false],
    ['no', false, 'read', false],
  ] as const)('applied %s, transient %s, %s: worth a repetition %s', (applied, transient, effect, expected) => {
    expect(isRetryable({ applied, transient }, effect)).toBe(expected)
  })

  test('an error nobody knows is internal, with the words it came with', async () => {
    const connection = scripted({ effect: 'read', run: fail(new Error('odd')), config: once })
    expect(await failure(connection.act({}))).toMatchObject({
      code: 'internal',
      applied: 'no',
      retryable: false,
      message: 'The Script: odd',
      connector: 'scripted',
      operation: 'act',
      attempts: 1,
    })
    const bare = scripted({ effect: 'read', run: () => Promise.reject('text'), config: once })
    expect(await failure(bare.act({}))).toMatchObject({ code: 'internal', message: 'The Script: text' })
  })

  test.each(['AbortError', 'TimeoutError'])('an %s nobody asked for is a cancelled call', async (name) => {
    const connection = scripted({ effect: 'read', run: fail(new DOMException('x', name)), config: once })
    expect(await failure(connection.act({}))).toMatchObject({
      code: 'cancelled',
      message: 'The Script: the call was aborted.',
    })
  })

  test('the connector’s own reading comes first, and carries its cause', async () => {
    const vendor = Object.assign(new Error('v'), { code: 'ECONNRESET' })
    const connection = scripted({
      effect: 'read',
      run: fail(vendor),
      toError: () => ({ code: 'conflict', message: 'read by the connector' }),
      config: once,
    })
    const error = await failure(connection.act({}))
    expect(error).toMatchObject({ code: 'conflict', message: 'read by the connector' })
    expect(error.cause).toBe(vendor)
  })

  test('an answer that is definite counts although the caller gave up; anything else is cancelled', async () => {
    const controller = new AbortController()
    const after = (error: Error) => () => {
      controller.abort()
      return Promise.reject(error)
    }
    const definite = new ConnectorError({ code: 'not_found', message: 'gone' })
    const signal = controller.signal
    const good = scripted({ effect: 'read', run: after(definite), config: once })
    expect(await failure(good.act({}, { signal: new AbortController().signal }))).toMatchObject({ code: 'not_found' })
    for (const indefinite of [
      lost(),
      new ConnectorError({ code: 'unavailable', applied: 'no', message: 'x' }),
      new ConnectorError({ code: 'internal', message: 'x' }),
    ]) {
      const own = new AbortController()
      const connection = scripted({
        run: () => {
          own.abort(new Error('enough'))
          return Promise.reject(indefinite)
        },
        config: once,
      })
      expect(await failure(connection.act({}, { signal: own.signal }))).toMatchObject({
        code: 'cancelled',
        applied: 'maybe',
        message: 'act was cancelled by the caller.',
      })
    }
    expect(signal.aborted).toBe(true)
  })

  test('the policies’ own refusals name the system and the call', async () => {
    const connection = scripted({ effect: 'read', run: () => new Promise(() => undefined), config: once })
    expect(await failure(connection.act({}, { timeoutMs: 10 }))).toMatchObject({
      code: 'timeout',
      retryable: false,
      message: expect.stringMatching(/^The Script, act: .*\.$/),
    })
    const full = scripted({
      effect: 'read',
      run: () => new Promise((resolve) => setTimeout(resolve, 50)),
      config: { resilience: { retry: false, bulkhead: { maxConcurrent: 1, maxQueued: 0 }, concurrency: false } },
    })
    const running = full.act({})
    expect(await failure(full.act({}))).toMatchObject({ code: 'rate_limited', applied: 'no', retryable: true })
    await running
  })

  test('nothing of a secret is in message, cause or stack', async () => {
    const connection = scripted({
      effect: 'read',
      run: ({ redactor }) => {
        redactor.add('token-of-run-time')
        throw new ConnectorError({
          code: 'internal',
          message: 'with token-of-run-time',
          cause: new Error('token-of-run-time'),
        })
      },
      config: once,
    })
    const error = await failure(connection.act({}))
    expect(error.message).toBe('with [secret]')
    expect((error.cause as Error).message).toBe('[secret]')
    expect(error.stack).not.toContain('token-of-run-time')
  })
})

describe('an effect that nobody can tell', () => {
  const ambiguous = fail(new ConnectorError({ code: 'unavailable', applied: 'maybe', message: 'cut' }))

  test('is settled by the connector where it can look', async () => {
    const seen: CallContext[] = []
    const found = scripted({
      run: ambiguous,
      reconcile: (context) => {
        seen.push(context)
        return Promise.resolve({ output: 'found' })
      },
    })
    expect(await found.act({}, { timeoutMs: 5_000, idempotencyKey: 'k' })).toBe('found')
    expect(seen).toHaveLength(1)
    expect(seen[0]).toMatchObject({ attempt: 1, effect: 'unsafe', idempotencyKey: 'k' })
    expect(seen[0]?.signal.aborted).toBe(false)
    expect(seen[0]?.remainingMs).toBeGreaterThan(0)
  })

  test('applied, but the answer is lost', async () => {
    const connection = scripted({ run: ambiguous, reconcile: () => Promise.resolve('applied') })
    expect(await failure(connection.act({}))).toMatchObject({
      code: 'unavailable',
      applied: 'yes',
      retryable: false,
      message: 'cut The effect was applied, but its answer is lost.',
    })
  })

  test('unknown also to the connector, or it cannot look: outcome_unknown', async () => {
    for (const reconcile of [
      () => Promise.resolve('unknown' as const),
      () => Promise.reject(new Error('cannot look')),
      undefined,
    ]) {
      const connection = scripted({ run: ambiguous, ...(reconcile === undefined ? {} : { reconcile }) })
      expect(await failure(connection.act({}))).toMatchObject({
        code: 'outcome_unknown',
        applied: 'maybe',
        retryable: false,
        message: 'cut Nobody can tell whether act took effect; look before you repeat it.',
        cause: { code: 'unavailable' },
      })
    }
  })

  test('not applied: repeated, but no more than three times', async () => {
    let runs = 0
    const connection = scripted({
      run: () => {
        runs += 1
        return ambiguous()
      },
      reconcile: () => Promise.resolve('not_applied'),
    })
    expect(await failure(connection.act({}))).toMatchObject({ code: 'unavailable', applied: 'no', retryable: true })
    expect(runs).toBe(4)
  })

  test('not applied, and not transient: thrown as it is', async () => {
    let runs = 0
    const connection = scripted({
      run: () => {
        runs += 1
        return Promise.reject(new ConnectorError({ code: 'internal', message: 'broken' }))
      },
      reconcile: () => Promise.resolve('not_applied'),
    })
    expect(await failure(connection.act({}))).toMatchObject({ code: 'internal', applied: 'no', retryable: false })
    expect(runs).toBe(1)
  })

  test('not applied, but the caller has gone: no repetition', async () => {
    let runs = 0
    const controller = new AbortController()
    const connection = scripted({
      run: () => {
        runs += 1
        return ambiguous()
      },
      reconcile: () => {
        controller.abort()
        return Promise.resolve('not_applied')
      },
    })
    await failure(connection.act({}, { signal: controller.signal }))
    expect(runs).toBe(1)
  })

  test('a connection that never opened is not asked', async () => {
    const client = new Shelf()
    client.opened = 1
    client.failures = [new ConnectorError({ code: 'internal', message: 'no' })]
    const connection = shelf({ shelf: client, ...fast, ...once })
    open.push(connection)
    expect(await failure(connection.createOnce({ name: 'a', text: '1' }))).toMatchObject({
      code: 'internal',
      applied: 'no',
    })
    expect(client.log).toEqual([])
  })

  test.each(['already_exists', 'conflict', 'not_found'] as const)(
    'a retry’s %s may be the echo of the first attempt; a first answer is the truth',
    async (code) => {
      const answer = new ConnectorError({ code, message: code })
      const failures = [new ConnectorError({ code: 'unavailable', message: 'cut' }), answer]
      const connection = scripted({ effect: 'idempotent', run: () => Promise.reject(failures.shift() ?? answer) })
      expect(await failure(connection.act({}))).toMatchObject({
        code: 'outcome_unknown',
        applied: 'maybe',
        retryable: false,
        attempts: 2,
        cause: { code },
      })
      expect(await failure(connection.act({}))).toMatchObject({ code, applied: 'no', attempts: 1 })
      const proven = [new ConnectorError({ code: 'unavailable', applied: 'no', message: 'refused' }), answer]
      const clear = scripted({ effect: 'idempotent', run: () => Promise.reject(proven.shift() ?? answer) })
      expect(await failure(clear.act({}))).toMatchObject({ code, attempts: 2 })
      const reads = [new ConnectorError({ code: 'unavailable', message: 'cut' }), answer]
      const reading = scripted({ effect: 'read', run: () => Promise.reject(reads.shift() ?? answer) })
      expect(await failure(reading.act({}))).toMatchObject({ code, attempts: 2 })
    },
  )

  test('an attempt cut off by its time limit may still run: what the next one meets may be its echo', async () => {
    const answer = new ConnectorError({ code: 'already_exists', message: 'there' })
    let runs = 0
    const connection = scripted({
      effect: 'idempotent',
      run: () => (++runs === 1 ? new Promise(() => undefined) : Promise.reject(answer)),
      config: { resilience: { retry: { baseMs: 1 }, timeout: { timeoutMs: 15 } } },
    })
    expect(await failure(connection.act({}))).toMatchObject({ code: 'outcome_unknown', attempts: 2 })
  })
})

describe('with the policies switched off', () => {
  const off = { resilience: false } as const

  test('one attempt, the caller’s time and the caller’s signal', async () => {
    let runs = 0
    const connection = scripted({
      effect: 'read',
      run: ({ signal, remainingMs, deadline }) => {
        runs += 1
        expect(remainingMs).toBeLessThanOrEqual(20)
        expect(deadline).toBeGreaterThan(Date.now())
        return new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
        )
      },
      config: off,
    })
    expect((await failure(connection.act({}, { timeoutMs: 20 }))).code).toBe('cancelled')
    const own = new AbortController()
    setTimeout(() => own.abort(), 5)
    expect(await failure(connection.act({}, { timeoutMs: 20, signal: own.signal }))).toMatchObject({
      code: 'cancelled',
      message: 'act was cancelled by the caller.',
    })
    expect(runs).toBe(2)
  })

  test('without a time limit there is none', async () => {
    const connection = scripted({
      effect: 'read',
      run: ({ remainingMs, deadline, attempt }) => Promise.resolve([remainingMs, deadline, attempt]),
      config: off,
    })
    expect(await connection.act({})).toEqual([undefined, undefined, 1])
  })
})

describe('what a call is told and tells', () => {
  test('its time: the call’s own limit, or the connection’s', async () => {
    const connection = scripted({
      effect: 'read',
      run: ({ remainingMs = -1, deadline = -1 }) => Promise.resolve([remainingMs, deadline - Date.now()]),
      config: { timeouts: { callMs: 60_000 } },
    })
    const [remaining = 0, until = 0] = (await connection.act({})) as number[]
    expect(remaining).toBeGreaterThan(50_000)
    expect(remaining).toBeLessThanOrEqual(60_000)
    expect(Math.abs(until - remaining)).toBeLessThan(1_000)
    const [short = 0] = (await connection.act({}, { timeoutMs: 900 })) as number[]
    expect(short).toBeLessThanOrEqual(900)
  })

  test('an idempotency key: the caller’s, or one for each call whose effect asks for it', async () => {
    const keys: unknown[] = []
    const run = ({ idempotencyKey }: CallContext): Promise<void> => {
      keys.push(idempotencyKey)
      return Promise.resolve()
    }
    const keyed = scripted({ effect: 'keyed', run })
    await keyed.act({})
    await keyed.act({})
    await keyed.act({}, { idempotencyKey: 'mine' })
    await scripted({ effect: 'idempotent', run }).act({})
    expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/)
    expect(keys[1]).not.toBe(keys[0])
    expect(keys.slice(2)).toEqual(['mine', undefined])
  })

  test('the log: how long, how it ended, and what the connector noted, redacted', async () => {
    const lines: RequestLogLine[] = []
    const failures = [new ConnectorError({ code: 'unavailable', message: 'x', status: 503, requestId: 'r' })]
    const connection = scripted({
      effect: 'read',
      run: async ({ note, redactor }) => {
        redactor.add('token-of-run-time')
        await new Promise((resolve) => setTimeout(resolve, 12))
        const next = failures.shift()
        if (next !== undefined) throw next
        note({ method: 'GET' })
        note({ path: '/a?k=token-of-run-time', status: 200 })
      },
      config: { log: (line: RequestLogLine) => lines.push(line) },
    })
    await connection.act({})
    expect(lines).toMatchObject([
      { attempt: 1, outcome: 'error', code: 'unavailable', status: 503, requestId: 'r' },
      { attempt: 2, outcome: 'ok', method: 'GET', path: '/a?k=[secret]', status: 200 },
    ])
    expect('code' in (lines[1] ?? {})).toBe(false)
    for (const { durationMs } of lines) {
      expect(durationMs).toBeGreaterThan(9)
      expect(durationMs).toBeLessThan(5_000)
    }
  })

  test('the channels: the same object at the beginning and the end, each for who listens', async () => {
    const started: object[] = []
    const ended: { error?: unknown; durationMs?: number }[] = []
    const onStart = (event: unknown): void => void started.push(event as object)
    const onEnd = (event: unknown): void => void ended.push(event as object)
    const connection = scripted({ effect: 'read', run: () => Promise.resolve(1) })
    channels.callStart.subscribe(onStart)
    await connection.act({})
    channels.callStart.unsubscribe(onStart)
    channels.callEnd.subscribe(onEnd)
    await connection.act({})
    channels.callEnd.unsubscribe(onEnd)
    await connection.act({})
    expect(started).toHaveLength(1)
    expect(ended).toMatchObject([{ connector: 'scripted', operation: 'act', attempts: 1 }])
    expect(ended[0]?.durationMs).toBeGreaterThanOrEqual(0)
    expect('error' in (ended[0] ?? {})).toBe(false)
  })
})

describe('outputs and names', () => {
  test('an output that is not what was promised is a defect, where that is looked at', async () => {
    const client = new Shelf()
    const connection = shelf({ shelf: client, validateOutput: true, ...fast })
    open.push(connection)
    client.items.set('a', 5 as never)
    expect(await failure(connection.get({ name: 'a' }))).toMatchObject({
      code: 'internal',
      applied: 'yes',
      retryable: false,
      message: expect.stringContaining('get output: text:'),
    })
    await expect(connection.put({ name: 'a', text: 'b' })).resolves.toEqual({ ok: true })
  })

  test('by name: own names only, attempts counted, failures as data', async () => {
    const client = new Shelf()
    const connection = shelf({ shelf: client, ...fast })
    open.push(connection)
    client.failures = [lost(), refused()]
    expect(await connection.$.execute('put', { name: 'a', text: 'b' })).toMatchObject({ success: true, attempts: 3 })
    for (const name of ['toString', 'constructor', 'hasOwnProperty'])
      expect(await connection.$.execute(name, {})).toMatchObject({ success: false, error: { code: 'unsupported' } })
    expect(await connection.$.execute('put', { name: { $bigint: 'x' } })).toMatchObject({
      success: false,
      attempts: 0,
      error: { code: 'invalid_input', connector: 'shelf', operation: 'put' },
    })
  })
})
