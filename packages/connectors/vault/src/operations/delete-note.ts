import { operation, schema } from '@casare/core'
import { z } from 'zod'
import type { NoteFolder } from '../note-folder.ts'
import { noteName } from '../note-schema.ts'

/** Deletes a note. */
export const deleteNote = operation({
  description: 'Deletes a note.',
  effect: 'idempotent',
  input: schema(() => z.strictObject({ name: noteName() })),
  output: schema(() => z.object({ name: noteName() })),
  errors: ['not_found'],
  async run(client: NoteFolder, { name }) {
    await client.delete(name)
    return { name }
  },
  // After an attempt whose outcome is unknown, a note that is gone may have been deleted by it.
  async reconcile(client, { name }) {
    return (await client.names()).includes(name) ? 'not_applied' : { output: { name } }
  },
})
