import type { ListPosition } from '../model.ts'

/** An object, or what several keys have in common. */
export interface ObjectRecord {
  kind: 'object' | 'prefix'
  key: string
  size?: number | undefined
  etag?: string | undefined
  lastModified?: string | undefined
  storageClass?: string | undefined
}

/** Where a read of objects goes on. */
export interface ObjectsCursor {
  /** Within the list. */
  position?: ListPosition | undefined
  /** The mark of a read by time, and who was seen at that very time. */
  since?: string | undefined
  seen?: string[] | undefined
  /** The mark that will hold when this list is through. */
  newest?: string | undefined
  ties?: string[] | undefined
}
