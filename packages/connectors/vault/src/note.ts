/** A note. Types that others see live in files that import no schema library. */
export interface Note {
  /** 1 to 100 lower-case letters, digits and hyphens. */
  readonly name: string
  /** At most 1,000,000 characters. */
  readonly text: string
}
