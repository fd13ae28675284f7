import { timestamp } from '@casare/core/zod'
import { z } from 'zod'
import type { KafkaRecord } from '../record.ts'

/** A record as it is handed out. */
export const arrivedRecord = z.object({
  topic: z.string(),
  partition: z.number().int(),
  offset: z.string().describe('Decimal; it has 64 bits.'),
  key: z.unknown().describe('A text where the bytes are UTF-8, else bytes; null where there is none.'),
  value: z.unknown().describe('The value, decoded as asked for; null is a tombstone.'),
  headers: z.record(z.string(), z.unknown()).describe('Texts where the bytes are UTF-8, else bytes.'),
  timestamp: timestamp('When it happened, or was written.'),
}) as unknown as z.ZodType<KafkaRecord>
