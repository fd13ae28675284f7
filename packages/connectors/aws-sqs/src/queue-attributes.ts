import { z } from 'zod'

/** Attributes of a queue as SQS has them: names and texts. */
export const queueAttributes = () =>
  z
    .record(z.string().regex(/^[A-Za-z]{1,64}$/, 'expected the name of an attribute'), z.string())
    .describe(
      'In the words of SQS: {"VisibilityTimeout":"60","RedrivePolicy":"{\\"deadLetterTargetArn\\":…,\\"maxReceiveCount\\":5}"}.',
    )
