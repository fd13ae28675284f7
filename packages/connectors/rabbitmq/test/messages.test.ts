import { ConnectorError } from '@casare/core'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { channel as diagnostics } from 'node:diagnostics_channel'
import { describeWithPeer } from '../../../../tools/peers/src/index.ts'
import { rabbitmq, type Message } from '../src/index.ts'
import { brokerAt, until, type Broker } from './support.ts'

type Connection = ReturnType<typeof rabbitmq>

await describeWithPeer('rabbitmq', {}, (peer) => {
  let broker: Broker
  const open: Connection[] = []
  const events: { name: string; detail: Record<string, unknown> }[] = []
  const note = (event: unknown): void => void events.push(event as never)
  const connect = (config: object = {}): Connection => {
    const connection = rabbitmq({ ...broker.config, ...config })
    open.push(connection)
    return connection
  }
  const throughTap = (config: object = {}): Connection => connect({ port: broker.tap.port, ...config })
  const notNow = new ConnectorError({ code: 'unavailable', applied: 'no', message: 'Not now.', retryAfterMs: 1 })

  beforeEach(async () => {
    broker = await brokerAt(peer().url)
    events.length = 0
    diagnostics('casare:event').subscribe(note)
  })
  afterEach(async () => {
    diagnostics('casare:event').unsubscribe(note)
    await Promise.all(open.splice(0).map((one) => one.close()))
    await broker.close()
  })

  test('properties come back as they were sent, also after a retry, and ours do not show', async () => {
    const mq = connect()
    const { queue } = broker
    const exchange = broker.name('topic')
    await mq.declareExchange({ exchange, kind: 'topic' })
    await mq.bind({ exchange, queue, routingKey: 'orders.#' })
    const sent = {
      body: { a: 1 },
      routingKey: 'orders.new',
      headers: { 'x-mine': 'yes', list: [1, 'two', { three: true }], __proto__x: 1 },
      messageId: 'm-1',
      correlationId: 'c-1',
      replyTo: 'somewhere',
      type: 'order',
      appId: 'shop',
      priority: 3,
      timestamp: '2026-11-24T08:30:00.000Z',
    }
    const seen: Message[] = []
    const subscription = mq.messages.listen({ queue }, async (message) => {
      seen.push(message)
      if (seen.length === 1) throw notNow
    })
    await subscription.ready
    expect(await mq.messages.write([sent], { exchange })).toEqual({ succeeded: 1, failed: [] })
    await until(() => seen.length === 2)
    const expected = { ...sent, exchange, contentType: 'application/json' }
    expect(seen[0]).toEqual({ ...expected, redelivered: false, redeliveries: 0 })
    expect(seen[1]).toEqual({ ...expected, redelivered: true, redeliveries: 1 })
  })

  test('what cannot be decoded, or has come back too often, is put aside with the reason, and not lost', async () => {
    const mq = connect()
    const { queue } = broker
    let handled = 0
    const subscription = mq.messages.listen({ queue, maxRedeliveries: 2 }, () => {
      handled += 1
      return Promise.reject(notNow)
    })
    await subscription.ready
    await broker.send(queue, [Buffer.from('{"broken')])
    await broker.send(queue, [{ fine: true }])
    await until(async () => (await broker.ready(`${queue}.dead`)) === 2)
    expect(handled).toBe(3)
    await subscription.stop()
    const dead = [1, 2].map(() => mq.getMessage({ queue: `${queue}.dead`, mode: 'take', decode: 'text' }))
    const bodies = (await Promise.all(dead)).map(({ message }) => message?.body)
    expect(bodies.sort()).toEqual(['{"broken', '{"fine":true}'])
    expect(events.map(({ name }) => name)).toContain('message_undecodable')
  })

  test('the dead-letter exchange of the queue, and no retry queues', async () => {
    const mq = connect()
    const [queue, dead] = [broker.name('own'), broker.name('own-dead')]
    await mq.declareQueue({ queue: dead })
    await mq.declareQueue({ queue, kind: 'quorum', deadLetterExchange: '', deadLetterRoutingKey: dead })
    let handled = 0
    const subscription = mq.messages.listen({ queue, deadLetter: 'broker', retryQueues: false }, () => {
      handled += 1
      throw handled === 1 ? notNow : new ConnectorError({ code: 'invalid_input', message: 'Never.' })
    })
    await subscription.ready
    await broker.send(queue, [1])
    await until(async () => (await broker.ready(dead)) === 1)
    expect(handled).toBe(2)
    expect(subscription.stats).toMatchObject({ returned: 1, deadLettered: 1 })
  })

  test('a message that was taken is acknowledged or comes again: whatever is cut, none is lost', async () => {
    const mq = throughTap({ resilience: { retry: { baseMs: 1, capMs: 5 }, breaker: false } })
    const { queue } = broker
    await broker.send(
      queue,
      Array.from({ length: 30 }, (_one, number) => ({ number })),
    )
    const taken = new Set<number>()
    for (let round = 0; round < 60 && taken.size < 30; round += 1) {
      const call = mq.getMessage({ queue, mode: 'take' }).catch((error: unknown) => error as ConnectorError)
      if (round % 2 === 0) setImmediate(() => broker.tap.cut())
      const result = await call
      if (ConnectorError.is(result)) expect(result.applied).toBe('no')
      else if ('message' in result && result.message !== null)
        taken.add((result.message.body as { number: number }).number)
    }
    await until(async () => {
      const { message } = await mq.getMessage({ queue, mode: 'take' })
      if (message !== null) taken.add((message.body as { number: number }).number)
      return taken.size === 30
    })
  })

  test('a confirmation that is lost: unknown, and not sent again; idempotent: again, under the same messageId', async () => {
    const { queue } = broker
    const records = Array.from({ length: 5 }, (_one, number) => ({ body: { number } }))
    const write = async (options: { effect?: 'idempotent' }): ReturnType<Connection['messages']['write']> => {
      const mq = throughTap({ resilience: { retry: { baseMs: 1, capMs: 5 } } })
      await mq.messages.write([{ body: 'first' }], { queue })
      // Messages still arrive; answers do not.
      broker.tap.deafen()
      const writing = mq.messages.write(records, { queue }, { ...options, key: (_record, index) => `key-${index}` })
      await until(async () => (await broker.ready(queue)) >= 6)
      broker.tap.cut()
      return writing
    }
    const unknown = await write({})
    expect(unknown.failed.map(({ error }) => [error.code, error.applied, error.retryable])).toEqual(
      records.map(() => ['outcome_unknown', 'maybe', false]),
    )
    expect(await broker.ready(queue)).toBe(6)
    await connect().purgeQueue({ queue })
    expect(await write({ effect: 'idempotent' })).toEqual({ succeeded: 5, failed: [] })
    const ids: unknown[] = []
    for (;;) {
      const { message } = await connect().getMessage({ queue, mode: 'take' })
      if (message === null) break
      ids.push(message.messageId)
    }
    expect(ids.slice(1).sort()).toEqual([0, 0, 1, 1, 2, 2, 3, 3, 4, 4].map((index) => `key-${index}`))
  })

  test('refusals end nothing else: other calls, writes and consumers go on', async () => {
    const mq = connect()
    const { queue } = broker
    const seen: unknown[] = []
    const subscription = mq.messages.listen({ queue }, async ({ body }) => void seen.push(body))
    await subscription.ready
    const bodies = Array.from({ length: 50 }, (_one, index) => ({ body: index }))
    const missing = broker.name('missing')
    const results = await Promise.allSettled([
      mq.messages.write(bodies, { queue }),
      ...Array.from({ length: 40 }, () => mq.queueStatus({ queue: missing })),
      mq.declareQueue({ queue, durable: false }),
      mq.messages.write(bodies, { exchange: missing }),
      ...Array.from({ length: 40 }, () => mq.queueStatus({ queue })),
    ])
    const codes = results.map((one) => (one.status === 'rejected' ? (one.reason as ConnectorError).code : 'ok'))
    expect(
      Object.fromEntries(
        Object.entries(Object.groupBy(codes, (code) => code)).map(([code, all]) => [code, all?.length]),
      ),
    ).toEqual({ ok: 42, not_found: 40, conflict: 1 })
    await until(() => seen.length === 50)
    expect(subscription.stats.reconnects).toBe(0)
    await expect(mq.declareQueue({ queue, durable: false })).rejects.toThrow(
      /'durable'.*received 'false' but current is 'true'/,
    )
  })

  test('a consumer whose handler hangs is an event and a failed check, until it moves on', async () => {
    const mq = connect()
    const { queue } = broker
    const release = Promise.withResolvers<void>()
    const subscription = mq.messages.listen({ queue, stallMs: 200 }, () => release.promise)
    await subscription.ready
    await mq.$.check()
    await broker.send(queue, [1])
    await until(() => events.some(({ name }) => name === 'consumer_stalled'))
    await expect(mq.$.check()).rejects.toMatchObject({ code: 'unavailable', message: expect.stringContaining(queue) })
    release.resolve()
    await until(() => events.some(({ name }) => name === 'consumer_resumed'))
    await mq.$.check()
  })

  test.each([true, false])('what was declared is declared again on a new connection; durable: %s', async (durable) => {
    const mq = throughTap({ resilience: { retry: { baseMs: 1, capMs: 5 } } })
    const queue = broker.name('fleeting')
    const exchange = broker.name('fleeting-exchange')
    await mq.declareQueue({ queue, durable, ...(durable ? {} : { expiresMs: 60_000 }) })
    await mq.declareExchange({ exchange, durable })
    await mq.bind({ exchange, queue, routingKey: 'a' })
    // As a restart of the broker does, or a crash soon after.
    const channel = await broker.admin.createChannel()
    await channel.deleteQueue(queue)
    await channel.deleteExchange(exchange)
    await channel.close()
    broker.tap.cut()
    await until(async () => (await mq.queueStatus({ queue }).catch(() => undefined)) !== undefined)
    expect(await mq.messages.write([{ body: 1, routingKey: 'a' }], { exchange })).toEqual({ succeeded: 1, failed: [] })
    expect(await broker.ready(queue)).toBe(1)
  })

  test('the consumer of a queue that is deleted waits until it is there again', async () => {
    const mq = connect()
    const queue = broker.name('deleted')
    await mq.declareQueue({ queue })
    const seen: unknown[] = []
    const subscription = mq.messages.listen({ queue }, async ({ body }) => void seen.push(body))
    await subscription.ready
    await mq.deleteQueue({ queue })
    await until(() => subscription.stats.reconnects > 0)
    await mq.declareQueue({ queue })
    await broker.send(queue, ['again'])
    await until(() => seen.length === 1)
    const hopeless = mq.messages.listen({ queue: broker.name('never-there') }, async () => undefined)
    await expect(hopeless.ready).rejects.toMatchObject({ code: 'not_found' })
  })

  test('requests: answers find their questions, a missing answer is unknown', async () => {
    const mq = connect()
    const { queue } = broker
    const subscription = mq.messages.listen(
      { queue },
      async ({ body, correlationId, replyTo = '' }) => {
        if (body !== 'silence') await mq.messages.write([{ body: { to: body }, correlationId }], { queue: replyTo })
      },
      { concurrency: 20 },
    )
    await subscription.ready
    const answers = await Promise.all(Array.from({ length: 50 }, (_one, body) => mq.request({ queue, body })))
    expect(answers.map(({ answer }) => answer.body)).toEqual(Array.from({ length: 50 }, (_one, to) => ({ to })))
    await expect(mq.request({ queue, body: 'silence', waitMs: 100 })).rejects.toMatchObject({
      code: 'outcome_unknown',
      applied: 'maybe',
    })
  })

  test('clear words for a wrong virtual host, a url with parameters, half a character', async () => {
    await expect(connect({ vhost: 'nowhere' }).$.check()).rejects.toMatchObject({
      code: 'permission_denied',
      applied: 'no',
      message: expect.stringContaining('virtual host'),
    })
    const withParameters = rabbitmq({ url: 'amqp://localhost/?frameMax=1' })
    await expect(withParameters.$.check()).rejects.toMatchObject({ code: 'invalid_input' })
    const { failed } = await connect().messages.write(
      [{ body: '\ud800' }, { body: 1n }, { body: undefined }, { body: 1, headers: { far: { too: undefined, f: 1n } } }],
      { queue: broker.queue },
    )
    expect(failed.slice(0, 3).map(({ index, error }) => [index, error.code])).toEqual(
      [0, 1, 2].map((index) => [index, 'invalid_input']),
    )
  })
})
