// RabbitMQ through the connector and through amqplib itself, in turn: `rabbitmq.ts URL`. Prints one line of JSON.
import { rabbitmq } from '@casare/rabbitmq'
import { connect, type ConsumeMessage } from 'amqplib'
import { measure, timed } from './measured.ts'

const [url = ''] = process.argv.slice(2)
const count = 20_000
const batch = 1_000
const prefetch = 200
const rounds = 7
const queue = 'bench'
const text = 'x'.repeat(150)
const body = (number: number): object => ({ number, text })

const connection = await connect(url)
const channel = await connection.createConfirmChannel()
const plain = await connection.createChannel()
const mq = rabbitmq({ url })
await channel.assertQueue(queue)
const records = Array.from({ length: count }, (_one, number) => ({ body: body(number) }))
const bytesOf = (number: number): Buffer => Buffer.from(JSON.stringify(body(number)))

async function empty(): Promise<void> {
  await channel.purgeQueue(queue)
}

const written = await measure('rabbitmq: written, confirmed', count, rounds, {
  async bare() {
    await empty()
    return timed(async () => {
      for (let from = 0; from < count; from += batch) {
        for (let number = from; number < from + batch; number += 1)
          channel.sendToQueue(queue, bytesOf(number), {
            persistent: true,
            mandatory: true,
            contentType: 'application/json',
          })
        await channel.waitForConfirms()
      }
    })
  },
  async connector() {
    await empty()
    return timed(async () => {
      const { failed } = await mq.messages.write(records, { queue })
      if (failed[0] !== undefined) throw failed[0].error
    })
  },
  // Without confirmations: what does not arrive is not noticed. Until the broker has them all.
  async readme() {
    await empty()
    return timed(async () => {
      for (let number = 0; number < count; number += 1) plain.sendToQueue(queue, bytesOf(number))
      await plain.checkQueue(queue)
    })
  },
})

async function fill(): Promise<void> {
  await empty()
  await mq.messages.write(records, { queue })
}

/** Seconds until all messages are handled by a consumer of the bare client. */
async function consumed(limit: number): Promise<number> {
  await fill()
  const consuming = await connection.createChannel()
  if (limit > 0) await consuming.prefetch(limit)
  const { promise, resolve } = Promise.withResolvers<void>()
  let seen = 0
  const seconds = await timed(async () => {
    await consuming.consume(queue, (message: ConsumeMessage | null) => {
      if (message === null) return
      JSON.parse(message.content.toString())
      consuming.ack(message)
      seen += 1
      if (seen === count) resolve()
    })
    await promise
  })
  await consuming.close()
  return seconds
}

const handled = await measure('rabbitmq: handled, acknowledged', count, rounds, {
  bare: () => consumed(prefetch),
  async connector() {
    await fill()
    const { promise, resolve } = Promise.withResolvers<void>()
    let seen = 0
    let stop: () => Promise<void> = async () => undefined
    const seconds = await timed(async () => {
      const subscription = mq.messages.listen(
        { queue, prefetch },
        async () => {
          seen += 1
          if (seen === count) resolve()
        },
        { concurrency: prefetch / 2 },
      )
      stop = () => subscription.stop()
      await promise
    })
    await stop()
    return seconds
  },
  readme: () => consumed(0),
})

await mq.close()
await connection.close()
process.stdout.write(`${JSON.stringify([written, handled])}\n`)
