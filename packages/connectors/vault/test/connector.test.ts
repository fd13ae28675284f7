import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectorSuite, notApplicable, type Target } from '@casare/testing'
import { vault } from '../src/index.ts'

/** A folder of its own with eight notes, and with something in the place of one more that is no note. */
async function start(): Promise<Target> {
  const folder = await mkdtemp(join(tmpdir(), 'casare-conformance-'))
  for (const number of [1, 2, 3, 4, 5, 6, 7, 8]) await writeFile(join(folder, `note-${number}.txt`), `text ${number}`)
  await mkdir(join(folder, 'taken.txt'))
  return { config: { folder }, close: () => rm(folder, { recursive: true }) }
}

connectorSuite(vault, {
  peer: { name: 'a folder on the local disk', version: process.version, kind: 'real server' },
  entry: import.meta.resolve('../src/index.ts'),
  start,
  examples: {
    createNote: {
      input: { name: 'shopping', text: 'milk' },
      before: (vendor) => vendor.$.execute('deleteNote', { name: 'shopping' }),
    },
    deleteNote: {
      input: { name: 'shopping' },
      before: (vendor) => vendor.$.execute('putNote', { name: 'shopping', text: 'milk' }),
    },
    getNote: { input: { name: 'note-1' } },
    putNote: { input: { name: 'note-1', text: 'other text' } },
  },
  provocations: {
    createNote: { already_exists: { input: { name: 'note-1', text: '' } } },
    deleteNote: { not_found: { input: { name: 'missing' } } },
    getNote: { not_found: { input: { name: 'missing' } }, conflict: { input: { name: 'taken' } } },
    putNote: { conflict: { input: { name: 'taken', text: '' } } },
    'notes.write': { conflict: { input: { records: [{ name: 'taken', text: '' }] } } },
  },
  wrongCredentials: notApplicable('A folder has no credentials: the file system decides.'),
  withSecret: notApplicable('The settings hold no secret.'),
  at: notApplicable('A folder is local: there is no network.'),
  hang: notApplicable('The file system answers at once.'),
  async echo(vendor, text) {
    await vendor.$.execute('putNote', { name: 'echo', text })
    const answer = await vendor.$.execute('getNote', { name: 'echo' })
    return answer.success ? (answer.output as { text: string }).text : answer.error
  },
  streams: {
    notes: {
      read: {
        input: { prefix: 'note-' },
        count: 8,
        change: (vendor) => vendor.$.execute('deleteNote', { name: 'note-1' }),
      },
      write: {
        input: {},
        record: (number) => ({ name: `record-${number}`, text: `text of ${number}` }),
        poison: { name: 'taken', text: 'finds no place' },
        async stored(vendor, _target, numbers) {
          const answers = numbers.map((number) => vendor.$.execute('getNote', { name: `record-${number}` }))
          return (await Promise.all(answers)).map(({ success }) => (success ? 1 : 0))
        },
      },
    },
  },
})
