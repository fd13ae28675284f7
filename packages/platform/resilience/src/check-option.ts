/** What a numeric option may be. */
export interface NumberRule {
  readonly unit?: string | undefined
  readonly min: number
  readonly max: number
  readonly integer?: boolean | undefined
}

/** The longest delay that a Node timer can hold, ms (about 24.8 days). */
export const maxTimerMs = 2_147_483_647

/**
 * Answers the option, or its default where it is absent.
 * @throws RangeError naming the option, its unit and its range.
 */
export function checkNumber(name: string, value: number | undefined, fallback: number, rule: NumberRule): number {
  if (value === undefined) return fallback
  const isNumber = typeof value === 'number' && value >= rule.min && value <= rule.max
  if (isNumber && !(rule.integer === true && !Number.isInteger(value))) return value
  const kind = rule.integer === true ? 'an integer' : 'a number'
  const unit = rule.unit === undefined ? '' : ` of ${rule.unit}`
  throw new RangeError(`${name} must be ${kind}${unit} from ${rule.min} to ${rule.max}, got ${String(value)}`)
}

/**
 * Refuses options that do not exist, so that a misspelt one is not silently ignored.
 * @throws TypeError naming the option and the ones there are.
 */
export function checkKeys(name: string, options: object, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`${name} must be an object, got ${String(options)}`)
  }
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) throw new TypeError(`${name}.${key} is not an option; there are: ${known.join(', ')}`)
  }
}
