import { listens, stream, writes, type WriteFailure, schema } from '@casare/core'
import { z } from 'zod'
import { Consumer } from '../consuming/consumer.ts'
import { arrivedMessage, decode, outgoingMessage } from '../message-schema.ts'
import type { OutgoingMessage } from '../message.ts'
import { entityName, shortText } from '../name-schema.ts'
import { writeMessages } from '../publishing/write-messages.ts'
import type { RabbitmqClient } from '../rabbitmq-client.ts'
import { abortable, silent } from '../wire/abortable.ts'

/** The messages of queues. */
export const messages = stream({
  description: 'Messages: sent to an exchange or queue in batches, or handled as they arrive in a queue.',
  listen: listens({
    description:
      'Handles the messages of a queue, each at least once. What a handler gives back comes again after a delay, through a retry queue beside the queue and behind what waits there; what it refuses for good, has come back too often, or cannot be decoded is put aside.',
    input: schema(() =>
      z.strictObject({
        queue: entityName('Name of the queue.'),
        decode,
        prefetch: z
          .number()
          .int()
          .min(1)
          .max(65_535)
          .optional()
          .describe('Messages that the broker sends ahead of their answers. Default: twice the concurrency.'),
        keyHeader: z
          .string()
          .min(1)
          .max(128)
          .optional()
          .describe(
            'Header whose value tells what a message is about; those of one value are handled one after the other.',
          ),
        maxRedeliveries: z
          .number()
          .int()
          .min(0)
          .max(1_000_000)
          .default(20)
          .describe('How often a message comes back after failures; then it is put aside.'),
        retryQueues: z
          .boolean()
          .default(true)
          .describe(
            'Declares retry queues beside the queue (NAME.retry.MILLISECONDS); without them a message that was given back is held here for its delay, and not counted unless the queue is a quorum queue.',
          ),
        deadLetter: z
          .enum(['queue', 'broker'])
          .default('queue')
          .describe(
            'Where messages are put aside: in a queue of ours, or by rejecting them, for the dead-letter exchange of the queue; without one the broker drops them.',
          ),
        deadLetterQueue: entityName(
          'The queue for them; it is declared where it is missing. Default: NAME.dead.',
        ).optional(),
        stallMs: z
          .number()
          .int()
          .min(100)
          .max(86_400_000)
          .default(300_000)
          .describe('A consumer with messages at hand and no progress for this long is stalled, in milliseconds.'),
      }),
    ),
    event: arrivedMessage,
    errors: ['not_found', 'conflict'],
    async subscribe(client: RabbitmqClient, input, context) {
      const { signal } = context
      const limitMs = client.timeouts.connectMs + client.timeouts.readMs
      const opening = client.link.connection().then((model) => model.createChannel())
      // Given up on in the meantime: nobody else would close it.
      opening.then((channel) => (signal.aborted ? channel.close() : undefined)).catch(() => undefined)
      const channel = await abortable(opening, { signal, limitMs, late: () => silent('opening a channel', limitMs) })
      await new Consumer(client, input, context, channel).run()
    },
  }),
  write: writes({
    description:
      'Sends messages, each confirmed by the broker; one that no queue takes is a failure of its own. Sending twice is two messages, with the same messageId where the record or its key gives one.',
    input: schema(() =>
      z
        .strictObject({
          queue: entityName('Name of the queue to send to.').optional(),
          exchange: entityName('Name of the exchange to send to.').optional(),
          routingKey: shortText('Routing key of messages that have none of their own.').optional(),
        })
        .refine(
          ({ queue, exchange, routingKey }) =>
            (queue === undefined) !== (exchange === undefined) && !(queue !== undefined && routingKey !== undefined),
          'give either queue, or exchange and routingKey',
        ),
    ),
    record: outgoingMessage,
    effect: 'unsafe',
    errors: ['not_found'],
    maxBatchRecords: 2_000,
    write: (client: RabbitmqClient, records, input, context): Promise<readonly WriteFailure[]> =>
      writeMessages(client, records as readonly OutgoingMessage[], input, context),
  }),
})
