import { readFileSync } from 'node:fs'

/** One airport, as npm `vega-datasets` has it; `id` is its row number, from 1. */
export interface Airport {
  readonly id: number
  readonly iata: string
  readonly name: string
  readonly city: string
  readonly state: string
  readonly country: string
  readonly latitude: number
  readonly longitude: number
}

/** One flight; a malformed one has other types or no field at all. `id` is its row number, from 1. */
export type Flight = Readonly<Record<string, unknown>> & { readonly id: number }

/** Which of the flight files of `vega-datasets` is served: 200,000 or 20,000 rows. */
export type FlightsName = '200k' | '20k'

const folder = new URL('../data/', import.meta.resolve('vega-datasets'))

/** All 3,376 airports. */
export function loadAirports(): Airport[] {
  const [, ...rows] = parseCsv(readFileSync(new URL('airports.csv', folder), 'utf8'))
  return rows.map(([iata = '', name = '', city = '', state = '', country = '', latitude, longitude], index) => ({
    id: index + 1,
    iata,
    name,
    city,
    state,
    country,
    latitude: Number(latitude),
    longitude: Number(longitude),
  }))
}

/** All flights, with `delay` (minutes), `distance` (miles) and `time` (hour of the day) in both files. */
export function loadFlights(name: FlightsName): Flight[] {
  const rows = JSON.parse(readFileSync(new URL(`flights-${name}.json`, folder), 'utf8')) as Record<string, unknown>[]
  return rows.map((row, index) => ({ id: index + 1, ...row, time: row['time'] ?? hourOf(String(row['date'])) }))
}

/** `2001/01/01 00:47` is 0.78: the smaller file has dates where the larger has hours. */
function hourOf(date: string): number {
  const [hours = 0, minutes = 0] = date.slice(11).split(':').map(Number)
  return Math.round((hours + minutes / 60) * 100) / 100
}

function parseCsv(text: string): string[][] {
  return text
    .split(/\r?\n/)
    .filter((line) => line !== '')
    .map((line) => Array.from(line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g), fieldOf))
}

function fieldOf([, quoted, plain]: RegExpMatchArray): string {
  return quoted?.replaceAll('""', '"') ?? plain ?? ''
}
