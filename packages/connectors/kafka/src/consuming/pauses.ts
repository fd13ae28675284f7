import { ConnectorError } from '@casare/core'

/** A partition, a whole topic, or all that a group has. */
export interface Place {
  readonly topic?: string | undefined
  readonly partition?: number | undefined
}

/** What one group is not to be given for the time being. It outlives reconnects and changes of the group. */
export class Pauses {
  readonly #places = new Map<string, Place>()

  isPaused(topic: string, partition: number): boolean {
    if (this.#places.size === 0) return false
    return [{}, { topic }, { topic, partition }].some((place) => this.#places.has(nameOf(place)))
  }

  pause(places: readonly Place[]): void {
    for (const place of places) this.#places.set(nameOf(place), place)
  }

  /**
   * Lifts the pause of these places and of all within them.
   * @throws `conflict` where more than that was paused at once: it is resumed at once.
   */
  resume(places: readonly Place[]): void {
    for (const place of places)
      for (const paused of this.#places.values())
        if (isWithin(place, paused) && nameOf(place) !== nameOf(paused))
          throw new ConnectorError({
            code: 'conflict',
            applied: 'no',
            message: `Kafka: ${wordsFor(place)} cannot be resumed alone, because ${wordsFor(paused)} is paused; resume that.`,
          })
    for (const place of places)
      for (const [name, paused] of this.#places) if (isWithin(paused, place)) this.#places.delete(name)
  }

  list(): readonly Place[] {
    return [...this.#places.values()]
  }
}

function nameOf({ topic, partition }: Place): string {
  return JSON.stringify([topic, partition])
}

function isWithin(inner: Place, outer: Place): boolean {
  if (outer.topic === undefined) return true
  return inner.topic === outer.topic && (outer.partition === undefined || inner.partition === outer.partition)
}

function wordsFor({ topic, partition }: Place): string {
  if (topic === undefined) return 'the whole group'
  return partition === undefined ? `the topic "${topic}"` : `partition ${partition} of "${topic}"`
}
