import { listens, schema, stream, writes, type WriteFailure } from '@casare/core'
import { z } from 'zod'
import type { AzureQueueClient } from '../azure-queue-client.ts'
import { Consumer } from '../listening/consumer.ts'
import { arrivedMessage, format, outgoingMessage, queueName } from '../message-schema.ts'
import type { OutgoingMessage } from '../message.ts'
import { writeMessages } from '../write-messages.ts'

/** The messages of queues. */
export const messages = stream({
  description: 'Messages: sent to a queue, or handled as they arrive in one.',
  listen: listens({
    description:
      'Handles the messages of a queue, each at least once and in no promised order, hidden from others for as long as that takes. What a handler gives back comes again after a delay; what it refuses for good, nobody can read or has come too often is put into a queue beside it.',
    input: schema(() =>
      z.strictObject({
        queue: queueName(),
        format: format(),
        visibilitySeconds: z
          .number()
          .int()
          .min(2)
          .max(604_800)
          .default(30)
          .describe('How long a message stays hidden when this process is gone; prolonged while a handler works.'),
        pollMs: z
          .number()
          .int()
          .min(50)
          .max(3_600_000)
          .default(1_000)
          .describe('The longest pause between requests to an empty queue, in milliseconds.'),
        maxDequeues: z
          .number()
          .int()
          .min(1)
          .max(1_000)
          .default(5)
          .describe('A message that was received more often is put aside unseen.'),
        poisonQueue: queueName(
          'Where messages are put aside; made where it is missing. Default: NAME-poison, as Azure Functions have it.',
        ).optional(),
        keyAttribute: z
          .string()
          .min(1)
          .optional()
          .describe(
            'Attribute that tells what a message is about; those of one value are handled one after the other.',
          ),
      }),
    ),
    event: schema(() => arrivedMessage),
    errors: ['not_found'],
    async subscribe({ sdk }: AzureQueueClient, input, context) {
      const queue = sdk.getQueueClient(input.queue)
      await queue.getProperties({ abortSignal: context.signal })
      context.ready()
      const poison = sdk.getQueueClient(input.poisonQueue ?? `${input.queue}-poison`)
      await new Consumer(queue, poison, { ...input, keyAttribute: input.keyAttribute }, context).run()
    },
  }),
  write: writes({
    description: 'Sends messages, each with a request of its own, many at once. Sending twice is two messages.',
    input: schema(() =>
      z.strictObject({
        queue: queueName(),
        format: format(),
        inOrder: z.boolean().default(false).describe('Sends one after the other, so that they lie in their order.'),
      }),
    ),
    record: schema(() => outgoingMessage),
    effect: 'unsafe',
    errors: ['not_found'],
    maxBatchRecords: 500,
    write: (client: AzureQueueClient, records, input, context): Promise<readonly WriteFailure[]> =>
      writeMessages(client, records as readonly OutgoingMessage[], input, context),
  }),
})
