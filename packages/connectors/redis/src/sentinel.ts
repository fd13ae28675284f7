import { ConnectorError, isError } from '@casare/core'
import type { RedisAddress } from './address.ts'
import { dial, end, type DialSettings } from './dial.ts'
import { endpointOf, type Endpoint } from './egress.ts'
import { sendOn, textReplies, type Driver } from './redis-client.ts'

/** Where sentinels are, and what they call the primary. */
export interface SentinelOptions {
  readonly nodes: readonly string[]
  readonly primary: string
  readonly username: string | undefined
  readonly password: string | undefined
}

/**
 * Asks one sentinel after the other who is the primary, and connects to that
 * (https://redis.io/docs/latest/develop/reference/sentinel-clients/).
 * @param allowed holds what they name against the rules
 * @throws `unavailable` where none of them knows, or the one they name is no primary (any more).
 */
export async function dialPrimary(
  settings: DialSettings,
  options: SentinelOptions,
  allowed: (named: Endpoint) => Endpoint,
  signal: AbortSignal,
): Promise<Driver> {
  const { host, port } = allowed(await primaryOf(settings, options, allowed, signal))
  const driver = await dial({ ...settings, address: { ...settings.address, host, port } }, signal)
  let role: string
  try {
    ;[role] = (await sendOn(driver, ['ROLE'], textReplies)) as [string]
  } catch (error) {
    end(driver)
    throw error
  }
  if (role === 'master') return driver
  end(driver)
  throw new ConnectorError({
    code: 'unavailable',
    applied: 'no',
    message: `Redis: the sentinels name ${host}:${port} as the primary "${options.primary}", which is a ${role} at present.`,
  })
}

async function primaryOf(
  settings: DialSettings,
  { nodes, primary, username, password }: SentinelOptions,
  allowed: (named: Endpoint) => Endpoint,
  signal: AbortSignal,
): Promise<Endpoint> {
  let why = 'none of them knows it'
  for (const node of nodes) {
    try {
      const address: RedisAddress = {
        ...settings.address,
        ...allowed(endpointOf(node)),
        username,
        password,
        database: 0,
      }
      const sentinel = await dial({ ...settings, address, clientName: undefined }, signal)
      try {
        const found = await sendOn(sentinel, ['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', primary], textReplies)
        if (Array.isArray(found)) return { host: String(found[0]), port: Number(found[1]) }
      } finally {
        end(sentinel)
      }
    } catch (error) {
      if (signal.aborted) throw error
      if (ConnectorError.is(error, 'unauthenticated')) throw error
      why = isError(error) ? error.message : String(error)
    }
  }
  throw new ConnectorError({
    code: 'unavailable',
    applied: 'no',
    message: `Redis: the sentinels do not tell where the primary "${primary}" is: ${why.replace(/\.$/, '')}.`,
  })
}
