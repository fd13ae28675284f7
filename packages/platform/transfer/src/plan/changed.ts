import type { Entry } from '../stores/store.ts'

/**
 * Does the target lack what the source has? It does where it has nothing, something of another size, or something older.
 * Etags of two stores cannot be compared, and times of writing are all that both have.
 */
export function differs(source: Entry, target: Entry | undefined): boolean {
  if (target === undefined || source.size === undefined || target.size !== source.size) return true
  if (source.lastModified === undefined || target.lastModified === undefined) return true
  return Date.parse(target.lastModified) < Date.parse(source.lastModified)
}
