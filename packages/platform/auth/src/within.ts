import { invalidInput } from '@casare/core'

/** A number of milliseconds within its range. @throws `invalid_input`, naming the setting. */
export function within(name: string, value: number, min: number, max: number): number {
  if (!Number.isInteger(value) || value < min || value > max)
    throw invalidInput(`${name} must be a whole number from ${min} to ${max}.`)
  return value
}
