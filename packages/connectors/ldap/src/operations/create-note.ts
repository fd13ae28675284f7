import { operation, schema } from '@casare/core'
import { z } from 'zod'
import type { NoteFolder } from '../note-folder.ts'
import { noteName, noteText } from '../note-schema.ts'

/** Stores a note that must be new. */
export const createNote = operation({
  description: 'Stores a new note; fails where there is one of that name.',
  effect: 'unsafe',
  input: schema(() => z.strictObject({ name: noteName(), text: noteText() })),
  output: schema(() => z.object({ name: noteName() })),
  errors: ['already_exists'],
  async run(client: NoteFolder, { name, text }, { signal }) {
    await client.create({ name, text }, signal)
    return { name }
  },
})
