import type * as FileSystem from 'node:fs/promises'
import type { CallContext } from '@casare/core'
import type { ParsedConfig } from './config.ts'
import { NoteFolder } from './note-folder.ts'

/** Opens the folder; fails here where it is missing. What the client needs is imported now, not with the package. */
export async function open({ folder }: ParsedConfig): Promise<NoteFolder> {
  const files: typeof FileSystem = await import('node:fs/promises')
  const client = new NoteFolder(folder, files)
  await client.names()
  return client
}

/** Nothing is held open between calls. */
export function close(_client: NoteFolder): void {}

export async function check(client: NoteFolder, { signal }: CallContext): Promise<void> {
  signal.throwIfAborted()
  await client.names()
}
