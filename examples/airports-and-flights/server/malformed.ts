import type { Flight } from './dataset.ts'
import { number } from './faults.ts'

/** What is done to a flight so that no sensible schema takes it. Its id stays, or nobody could tell which one it was. */
const damages: readonly ((flight: Flight) => Flight)[] = [
  ({ distance: _missing, ...flight }) => flight,
  (flight) => ({ ...flight, distance: 'far' }),
  (flight) => ({ ...flight, delay: null }),
  (flight) => ({ ...flight, time: 'noon', ...('date' in flight ? { date: 'yesterday' } : {}) }),
  (flight) => ({ ...flight, delay: [12] }),
]

/** How many flights are malformed. */
export const malformedCount: number = damages.length

/** The flights with five of them damaged, each in its own way; which ones depends on the seed alone. */
export function withMalformed(flights: readonly Flight[], seed: number): Flight[] {
  const result = [...flights]
  const stretch = Math.floor(flights.length / damages.length)
  damages.forEach((damage, index) => {
    const at = index * stretch + (number(seed, `malformed ${index}`) % stretch)
    const flight = result[at]
    if (flight !== undefined) result[at] = damage(flight)
  })
  return result
}
