import { matchesGlob } from 'node:path'

/** Which keys belong to a transfer. */
export interface Selection {
  /** Patterns such as `*.csv` (a name in any folder) or `2026/**`; a key must match one. Default: all. */
  readonly include?: readonly string[] | undefined
  /** Patterns of keys that are left out, whatever `include` says. */
  readonly exclude?: readonly string[] | undefined
}

/** A pattern without a slash is about names, one with a slash about whole keys. */
export function selects({ include, exclude }: Selection): (key: string) => boolean {
  const matches = (key: string, pattern: string): boolean =>
    matchesGlob(pattern.includes('/') ? key : key.slice(key.lastIndexOf('/') + 1), pattern)
  return (key) =>
    (include === undefined || include.some((pattern) => matches(key, pattern))) &&
    !(exclude ?? []).some((pattern) => matches(key, pattern))
}
