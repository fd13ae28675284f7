import { invalidInput, type PoolConfig, type TlsConfig } from '@casare/core'
import type { HttpClientOptions } from './http-types.ts'

/** Settings with their defaults filled in. */
export interface ReadyOptions extends HttpClientOptions {
  readonly tls: TlsConfig
  readonly pool: PoolConfig
  readonly connectMs: number
  readonly readMs: number
  readonly writeMs: number
  readonly maxHeaderBytes: number
  readonly maxBodyBytes: number
  readonly maxRedirects: number
}

const maxTimerMs = 2_147_483_647

/** @throws `invalid_input`, naming the setting and its range. */
export function readOptions(options: HttpClientOptions): ReadyOptions {
  const { timeouts = {}, limits = {} } = options
  return {
    ...options,
    tls: options.tls ?? {},
    pool: options.pool ?? {},
    connectMs: whole('timeouts.connectMs', timeouts.connectMs ?? 10_000, 1, maxTimerMs),
    readMs: whole('timeouts.readMs', timeouts.readMs ?? 60_000, 1, maxTimerMs),
    writeMs: whole('timeouts.writeMs', timeouts.writeMs ?? 60_000, 1, maxTimerMs),
    maxHeaderBytes: whole('limits.maxHeaderBytes', limits.maxHeaderBytes ?? 65_536, 1_024, 1_048_576),
    maxBodyBytes: whole('limits.maxBodyBytes', limits.maxBodyBytes ?? 67_108_864, 1, 2_147_483_647),
    maxRedirects: whole('maxRedirects', options.maxRedirects ?? 5, 0, 20),
  }
}

function whole(name: string, value: number, min: number, max: number): number {
  if (!Number.isInteger(value) || value < min || value > max)
    throw invalidInput(`${name} must be a whole number from ${min} to ${max}.`)
  return value
}
