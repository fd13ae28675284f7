import { operation, schema } from '@casare/core'
import { z } from 'zod'
import type { NoteFolder } from '../note-folder.ts'
import { noteName, noteText } from '../note-schema.ts'

/** Stores a note, new or in place of the one that is there. */
export const putNote = operation({
  description: 'Stores a note, new or in place of the one that is there.',
  effect: 'idempotent',
  input: schema(() => z.strictObject({ name: noteName(), text: noteText() })),
  output: schema(() => z.object({ name: noteName() })),
  errors: ['conflict'],
  async run(client: NoteFolder, { name, text }, { signal }) {
    await client.put({ name, text }, signal)
    return { name }
  },
})
