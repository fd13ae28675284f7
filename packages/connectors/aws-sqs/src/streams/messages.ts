import { listens, schema, stream, writes, type WriteFailure } from '@casare/core'
import { z } from 'zod'
import { listenClaimCheck, writeClaimCheck } from '../claim-check/fields.ts'
import { Consumer } from '../listening/consumer.ts'
import { deadLetters } from '../listening/dead-letters.ts'
import type { OutgoingMessage } from '../message.ts'
import { arrivedMessage, decode, groupId, outgoingMessage, queueName } from '../message-schema.ts'
import { writeMessages } from '../sending/write-messages.ts'
import { isFifo, type SqsClient } from '../sqs-client.ts'

/** The messages of queues. */
export const messages = stream({
  description: 'Messages: sent to a queue in batches, or handled as they arrive in one.',
  listen: listens({
    description:
      'Handles the messages of a queue, each at least once, hidden from others for as long as that takes. What a handler gives back comes again after a delay; what it refuses for good or nobody can read is put aside, where the queue has a place for that. In FIFO queues nothing of a group is handled after a message that comes again.',
    input: schema(() =>
      z.strictObject({
        queue: queueName(),
        decode,
        receivers: z
          .number()
          .int()
          .min(1)
          .max(100)
          .default(1)
          .describe('Requests for messages at once; each brings 10 at most.'),
        visibilitySeconds: z
          .number()
          .int()
          .min(2)
          .max(43_200)
          .default(30)
          .describe('How long a message stays hidden when this process is gone; prolonged while a handler works.'),
        waitSeconds: z
          .number()
          .int()
          .min(0)
          .max(20)
          .default(20)
          .describe('How long a request waits for messages; 0 asks without end, and costs.'),
        keyAttribute: z
          .string()
          .min(1)
          .max(256)
          .optional()
          .describe(
            'Attribute that tells what a message is about; those of one value are handled one after the other.',
          ),
        deadLetterQueue: queueName(
          "Where messages are put aside. Default: the queue's own dead-letter queue; without one they come again.",
        ).optional(),
        maxReceives: z
          .number()
          .int()
          .min(1)
          .max(1_000)
          .default(20)
          .describe('A message that was received more often is put aside unseen.'),
        claimCheck: listenClaimCheck().optional(),
      }),
    ),
    event: schema(() => arrivedMessage),
    errors: ['not_found'],
    async subscribe(client: SqsClient, input, context) {
      const { queue, deadLetterQueue } = input
      const url = await client.queueUrl(queue, context.signal)
      const putAside = await deadLetters(client, url, deadLetterQueue, context.signal)
      if (input.claimCheck !== undefined) await client.payloads()
      await new Consumer(
        client,
        { ...input, url, keyAttribute: input.keyAttribute, claimCheck: input.claimCheck, putAside },
        context,
      ).run()
    },
  }),
  write: writes({
    description:
      'Sends messages, gathered in batches of ten with what others send at the same moment. In a FIFO queue a record is taken once, by its key; elsewhere sending twice is two messages.',
    input: schema(() =>
      z.strictObject({ queue: queueName(), groupId: groupId().optional(), claimCheck: writeClaimCheck().optional() }),
    ),
    record: schema(() => outgoingMessage),
    effect: ({ queue }) => (isFifo(queue) ? 'keyed' : 'unsafe'),
    errors: ['not_found'],
    maxBatchRecords: 500,
    write: (client: SqsClient, records, input, context): Promise<readonly WriteFailure[]> =>
      writeMessages(client, records as readonly OutgoingMessage[], input, context),
  }),
})
