import { isError, reads, schema, stream, writes, type WriteFailure } from '@casare/core'
import { z } from 'zod'
import type { NoteFolder } from '../note-folder.ts'
import { noteName, noteText } from '../note-schema.ts'
import type { Note } from '../note.ts'

const defaultPageSize = 100

/** The notes of the folder. */
export const notes = stream({
  description: 'The notes of the folder: read in order of their names, or written.',
  read: reads({
    description: 'Reads the notes in order of their names.',
    input: schema(() =>
      z.strictObject({
        prefix: z.string().max(100).default('').describe('Only notes whose names begin like this.'),
      }),
    ),
    record: schema(() => z.object({ name: noteName(), text: noteText() })),
    cursor: schema(() => z.strictObject({ after: z.string().describe('Name of the last note.') })),
    identify: ({ name }) => ({ id: name }),
    async *pages(client: NoteFolder, { prefix }, { cursor, maxRecords = defaultPageSize, signal }) {
      let after = cursor?.after ?? ''
      for (;;) {
        const names = (await client.names()).filter((name) => name > after && name.startsWith(prefix))
        const page = names.slice(0, maxRecords)
        const records = await Promise.all(page.map((name) => readIfThere(client, name, signal)))
        after = page.at(-1) ?? after
        const last = names.length <= maxRecords
        yield { records: records.filter((record) => record !== undefined), cursor: { after }, last }
        if (last) return
      }
    },
  }),
  write: writes({
    description: 'Stores notes, new or in place of those that are there; writing twice does no harm.',
    input: schema(() => z.strictObject({})),
    record: schema(() => z.strictObject({ name: noteName(), text: noteText() })),
    effect: 'idempotent',
    errors: ['conflict'],
    async write(client: NoteFolder, records: readonly Note[], _input, { signal }) {
      const failures: WriteFailure[] = []
      for (const [index, record] of records.entries()) {
        try {
          await client.put(record, signal)
        } catch (error) {
          signal.throwIfAborted()
          failures.push({ index, error })
        }
      }
      return failures
    },
  }),
})

/** A note, or nothing where it was deleted after its name had been listed. */
async function readIfThere(client: NoteFolder, name: string, signal: AbortSignal): Promise<Note | undefined> {
  try {
    return { name, text: await client.read(name, signal) }
  } catch (error) {
    if (isError(error) && (error as { code?: unknown }).code === 'ENOENT') return undefined
    throw error
  }
}
