import { rm } from 'node:fs/promises'
import { invalidInput } from '@casare/core'
import { listJournals, readJournal, type JournalState } from './journal/journal.ts'
import type { TargetStore } from './stores/store.ts'

/** A transfer that has not ended. */
export interface UnfinishedTransfer {
  readonly id: string
  readonly from: string
  readonly to: string
  /** ISO 8601. */
  readonly startedAt: string
  /** Entries that have arrived. */
  readonly arrived: number
  /** Uploads that were begun and wait in the target; their parts cost money. */
  readonly openUploads: readonly { readonly key: string; readonly parts: number; readonly bytes: number }[]
}

/** The transfers of a journal folder that have not ended, oldest first. */
export async function unfinishedTransfers(journalFolder: string): Promise<UnfinishedTransfer[]> {
  return (await listJournals(journalFolder)).map(summary)
}

/**
 * Gives a transfer up: aborts its uploads in the target and forgets it. What has arrived stays.
 * @throws `invalid_input` where there is no such transfer; what the target throws: then nothing is forgotten
 */
export async function abortTransfer(
  journalFolder: string,
  id: string,
  target: TargetStore,
): Promise<UnfinishedTransfer> {
  const state = /^[0-9a-f]{16}$/.test(id) ? await readJournal(journalFolder, id) : undefined
  if (state === undefined || state.ended)
    throw invalidInput(`There is no unfinished transfer ${id}. "casare transfer list" shows them.`)
  for (const { saved } of state.uploads.values()) {
    const upload = await target.resume(saved, new AbortController().signal)
    await upload?.abort()
  }
  await rm(state.path, { force: true })
  return summary(state)
}

function summary({ id, from, to, startedAt, done, uploads }: JournalState): UnfinishedTransfer {
  const openUploads = [...uploads].map(([key, { parts }]) => ({
    key,
    parts: parts.size,
    bytes: [...parts.values()].reduce((sum, { part }) => sum + part.size, 0),
  }))
  return { id, from, to, startedAt, arrived: done.size, openUploads }
}
