import { schema, type InputOf, type OutputOf } from '@casare/core'
import { z } from 'zod'

/** Settings of a Gcs connection. */
export const config = schema(() =>
  z.strictObject({
    folder: z.string().min(1).describe('Path of the folder that holds the notes; it must exist.'),
  }),
)

/** Settings of a Gcs connection, as they are given. */
export type GcsConfig = InputOf<typeof config>
export type ParsedConfig = OutputOf<typeof config>
