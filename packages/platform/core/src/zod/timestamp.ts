import { z } from 'zod'

/** A point in time as ISO 8601 text with a zone, on both sides: `2026-11-24T08:30:00Z`. */
export function timestamp(description?: string): z.ZodType<string> {
  const schema = z.iso.datetime({ offset: true })
  return description === undefined ? schema : schema.meta({ description })
}
