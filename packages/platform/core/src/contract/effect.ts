/**
 * What repeating a call does; nothing else decides retries.
 *
 * | effect | meaning | after an ambiguous failure |
 * |---|---|---|
 * | `read` | changes nothing | retried |
 * | `idempotent` | the same call twice leaves the same state | retried |
 * | `keyed` | safe with an idempotency key, minted once per logical call | retried with the same key |
 * | `unsafe` | twice is twice | never repeated: `outcome_unknown` |
 */
export type Effect = 'read' | 'idempotent' | 'keyed' | 'unsafe'

/** An effect a caller may state for one call; `keyed` is the author's alone. */
export type StatedEffect = Exclude<Effect, 'keyed'>

/** A fixed effect, or a pure function of the parsed input. */
export type EffectOf<Parsed> = Effect | ((input: Parsed) => Effect)

/** From harmless to harmful. */
export const effects: readonly Effect[] = ['read', 'idempotent', 'keyed', 'unsafe']
