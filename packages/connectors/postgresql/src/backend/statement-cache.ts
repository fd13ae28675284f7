import type { Preparation, StatementNames } from './statement.ts'

const once: Preparation = Object.freeze({ name: '', parse: true })

/**
 * The prepared statements of one server connection: a text is prepared when it is used for the second time, and the one
 * that was unused for longest goes when there are too many.
 */
export class StatementCache implements StatementNames {
  readonly #max: number
  readonly #prepared = new Map<string, Preparation>()
  readonly #seen = new Set<string>()
  readonly #forgotten: string[] = []
  #count = 0

  /** @param max the most that are kept, 0 for none. */
  constructor(max: number) {
    this.#max = max
  }

  prepare(text: string): Preparation {
    const known = this.#prepared.get(text)
    if (known !== undefined) {
      if (this.#prepared.size === this.#max) {
        this.#prepared.delete(text)
        this.#prepared.set(text, known)
      }
      return known
    }
    if (this.#max === 0 || !this.#seen.has(text)) {
      this.#see(text)
      return once
    }
    this.#seen.delete(text)
    if (this.#prepared.size >= this.#max) this.drop(this.#prepared.keys().next().value ?? '')
    this.#count += 1
    const name = `casare_${this.#count}`
    this.#prepared.set(text, Object.freeze({ name, parse: false }))
    return { name, parse: true }
  }

  forget(): readonly string[] {
    return this.#forgotten.length === 0 ? this.#forgotten : this.#forgotten.splice(0)
  }

  /** After a failure nobody knows whether the server has it: it is let go of, and prepared anew. */
  drop(text: string): void {
    const known = this.#prepared.get(text)
    if (known === undefined) return
    this.#prepared.delete(text)
    this.#forgotten.push(known.name)
  }

  #see(text: string): void {
    if (this.#max === 0) return
    if (this.#seen.size >= this.#max) this.#seen.clear()
    this.#seen.add(text)
  }
}
