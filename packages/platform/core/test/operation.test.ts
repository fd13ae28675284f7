import { afterEach, describe, expect, test } from '@jest/globals'
import { ConnectorError } from '../src/index.ts'
import { fast, lost, refused, Shelf, shelf } from './support/shelf.ts'

const open: { close(): Promise<void> }[] = []
function connect(client = new Shelf(), extra: object = {}) {
  const connection = shelf({ shelf: client, ...fast, ...extra })
  open.push(connection)
  return { client, connection }
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()))
})

async function failure(promise: Promise<unknown>): Promise<ConnectorError> {
  try {
    await promise
  } catch (error) {
    if (ConnectorError.is(error)) return error
    throw error
  }
  throw new Error('it did not fail')
}

describe('input', () => {
  test('is refused with field and reason, before anything is opened', async () => {
    const { client, connection } = connect()
    const error = await failure(connection.put({ name: '', text: 3 } as never))
    expect(error).toMatchObject({
      code: 'invalid_input',
      applied: 'no',
      retryable: false,
      connector: 'shelf',
      operation: 'put',
    })
    expect(error.message).toContain('name:')
    expect(error.message).toContain('text:')
    expect(client.opened).toBe(0)
  })

  test('unknown and prototype keys are refused', async () => {
    const { connection } = connect()
    expect((await failure(connection.put({ name: 'a', text: 'b', extra: 1 } as never))).message).toContain('extra')
    const hostile: unknown = JSON.parse('{"name":"a","text":"b","__proto__":{"x":1}}')
    expect((await failure(connection.put(hostile as never))).code).toBe('invalid_input')
    expect((await connection.$.execute('toString', {})).success).toBe(false)
    expect((await connection.$.execute('__proto__', {})).success).toBe(false)
  })
})

describe('effects decide what is repeated', () => {
  test('an idempotent call is repeated after an ambiguous failure', async () => {
    const { client, connection } = connect()
    client.failures = [lost(), lost()]
    await expect(connection.put({ name: 'a', text: '1' })).resolves.toEqual({ ok: true })
    expect(client.log).toEqual(['put a', 'put a', 'put a'])
  })

  test('an unsafe call is never repeated after an ambiguous failure: outcome_unknown', async () => {
    const { client, connection } = connect()
    client.failures = [lost()]
    const error = await failure(connection.create({ name: 'a', text: '1' }))
    expect(error).toMatchObject({ code: 'outcome_unknown', applied: 'maybe', retryable: false, attempts: 1 })
    expect(error.cause).toMatchObject({ code: 'unavailable', vendorCode: 'ECONNRESET' })
    expect(client.log).toEqual(['create a'])
  })

  test('an unsafe call is repeated where the failure proves that nothing happened', async () => {
    const { client, connection } = connect()
    client.failures = [refused()]
    await expect(connection.create({ name: 'a', text: '1' })).resolves.toEqual({ ok: true })
    expect(client.log).toEqual(['create a', 'create a'])
  })

  test('the caller may state a better effect for one call', async () => {
    const { client, connection } = connect()
    client.failures = [lost()]
    await expect(connection.create({ name: 'a', text: '1' }, { effect: 'idempotent' })).resolves.toEqual({ ok: true })
    expect((await failure(connection.create({ name: 'b', text: '1' }, { effect: 'keyed' as never }))).code).toBe(
      'invalid_input',
    )
  })

  test("a retry's already_exists is not the truth: it may be the echo of our own first attempt", async () => {
    const { client, connection } = connect()
    client.failures = [lost()]
    client.failAfterEffect = true
    const error = await failure(connection.create({ name: 'a', text: '1' }, { effect: 'idempotent' }))
    expect(error).toMatchObject({ code: 'outcome_unknown', applied: 'maybe', attempts: 2 })
  })

  test('reconcile finds the effect and gives the lost answer', async () => {
    const { client, connection } = connect()
    client.failures = [lost()]
    client.failAfterEffect = true
    await expect(connection.createOnce({ name: 'a', text: '1' })).resolves.toEqual({ ok: true })
    expect(client.log).toEqual(['create a'])
  })

  test('reconcile finds no effect, and the call is repeated', async () => {
    const { client, connection } = connect()
    client.failures = [lost()]
    await expect(connection.createOnce({ name: 'a', text: '1' })).resolves.toEqual({ ok: true })
    expect(client.log).toEqual(['create a', 'create a'])
  })

  test('a key is minted once per logical call and kept through retries', async () => {
    const { client, connection } = connect()
    client.failures = [lost(), lost()]
    const { key } = await connection.pay({ name: 'x' })
    expect(key).toMatch(/^[0-9a-f-]{36}$/)
    expect(new Set(client.log)).toEqual(new Set([`pay x ${key}`]))
    expect(client.log).toHaveLength(3)
    await expect(connection.pay({ name: 'y' }, { idempotencyKey: 'mine' })).resolves.toEqual({ key: 'mine' })
  })

  test('not_found is final and not retried', async () => {
    const { client, connection } = connect()
    expect(await failure(connection.get({ name: 'nobody' }))).toMatchObject({
      code: 'not_found',
      attempts: 1,
      retryable: false,
    })
    expect(client.log).toEqual(['get nobody'])
  })
})

describe('cancelling and time', () => {
  test('before the call: nothing is opened', async () => {
    const { client, connection } = connect()
    const error = await failure(connection.put({ name: 'a', text: 'b' }, { signal: AbortSignal.abort() }))
    expect(error).toMatchObject({ code: 'cancelled', applied: 'no' })
    expect(client.opened).toBe(0)
  })

  test('during the call: cancelled, and an unsafe effect may have happened', async () => {
    const { connection } = connect()
    for (const [harmless, applied] of [
      [true, 'no'],
      [false, 'maybe'],
    ] as const) {
      const controller = new AbortController()
      const running = failure(connection.wait({ harmless }, { signal: controller.signal }))
      setTimeout(() => controller.abort(), 5)
      expect(await running).toMatchObject({ code: 'cancelled', applied, retryable: false })
    }
  })

  test('the deadline is a timeout; unsafe work becomes outcome_unknown', async () => {
    const { connection } = connect()
    expect(await failure(connection.wait({ harmless: true }, { timeoutMs: 15 }))).toMatchObject({
      code: 'timeout',
      applied: 'no',
    })
    expect(await failure(connection.wait({ harmless: false }, { timeoutMs: 15 }))).toMatchObject({
      code: 'outcome_unknown',
      applied: 'maybe',
    })
  })
})

describe('what the connector sees', () => {
  test('vendor options, key, effect and attempt', async () => {
    const { client, connection } = connect()
    await connection.put({ name: 'a', text: 'b' }, { vendor: { colour: 'red' }, idempotencyKey: 'k' })
    expect(client.seen[0]).toMatchObject({
      vendor: { colour: 'red' },
      idempotencyKey: 'k',
      effect: 'idempotent',
      attempt: 1,
    })
    expect(client.seen[0]?.signal.aborted).toBe(false)
  })

  test('methods call operations, also inside a session', async () => {
    const { client, connection } = connect()
    await connection.putAll({ a: '1', b: '2' })
    await connection.transaction(async (tx) => tx.putAll({ c: '3' }))
    expect([...client.items.keys()]).toEqual(['a', 'b', 'c'])
  })

  test('$.run brings any vendor call under the same rules', async () => {
    const { client, connection } = connect()
    client.failures = [lost()]
    const size = await connection.$.run((vendorClient) => vendorClient.act('size', () => vendorClient.items.size), {
      effect: 'read',
    })
    expect(size).toBe(0)
    expect(client.log).toEqual(['size', 'size'])
  })
})

describe('read-only connections', () => {
  test('refuse what may change something', async () => {
    const { connection } = connect(new Shelf(), { readOnly: true })
    expect(await failure(connection.put({ name: 'a', text: 'b' }))).toMatchObject({
      code: 'permission_denied',
      applied: 'no',
    })
    expect(await failure(connection.get({ name: 'a' }))).toMatchObject({ code: 'not_found' })
  })

  test('a caller cannot talk a write into being a read', async () => {
    const { connection } = connect(new Shelf(), { readOnly: true })
    expect(await failure(connection.put({ name: 'a', text: 'b' }, { effect: 'read' }))).toMatchObject({
      code: 'permission_denied',
    })
  })
})
