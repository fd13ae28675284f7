import { z } from 'zod'

const maxBytes = 255

/** A short string of AMQP: at most 255 bytes of UTF-8, and no half of a character. */
export function shortText(description: string): z.ZodString {
  return z
    .string()
    .max(maxBytes)
    .refine(fits, `must be well-formed text of at most ${maxBytes} bytes in UTF-8`)
    .describe(description)
}

/** The name of a queue or exchange. */
export function entityName(description: string): z.ZodString {
  return shortText(description).min(1)
}

function fits(text: string): boolean {
  return text.isWellFormed() && (text.length * 3 <= maxBytes || Buffer.byteLength(text) <= maxBytes)
}

/** Further arguments of a declaration or binding, as the broker and its plugins name them. */
export const declarationArguments = z
  .record(z.string().min(1).max(128), z.union([z.string(), z.number(), z.boolean()]))
  .describe(
    'Further arguments, as RabbitMQ and its plugins name them (https://www.rabbitmq.com/docs/queues#optional-arguments).',
  )
