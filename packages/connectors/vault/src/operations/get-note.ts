import { operation, schema } from '@casare/core'
import { z } from 'zod'
import type { NoteFolder } from '../note-folder.ts'
import { noteName, noteText } from '../note-schema.ts'

/** Reads one note. */
export const getNote = operation({
  description: 'Reads one note.',
  effect: 'read',
  input: schema(() => z.strictObject({ name: noteName() })),
  output: schema(() => z.object({ name: noteName(), text: noteText() })),
  errors: ['not_found', 'conflict'],
  async run(client: NoteFolder, { name }, { signal }) {
    return { name, text: await client.read(name, signal) }
  },
})
