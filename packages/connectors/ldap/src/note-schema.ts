import { z } from 'zod'

/** The name of a note: it becomes a file name, so nothing that leads out of the folder. */
export const noteName = () =>
  z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,99}$/)
    .describe('Name of the note: 1 to 100 lower-case letters, digits and hyphens.')

/** The text of a note. */
export const noteText = () => z.string().max(1_000_000).describe('The text, at most 1,000,000 characters.')
