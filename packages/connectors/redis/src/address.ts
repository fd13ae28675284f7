import { invalidInput, isLoopback } from '@casare/core'
import type { ParsedConfig } from './config.ts'
import { endpointOf } from './egress.ts'

/** Where the server is, and who we are there. */
export interface RedisAddress {
  readonly host: string
  readonly port: number
  readonly secure: boolean
  readonly username: string | undefined
  readonly password: string | undefined
  readonly database: number
}

const defaultPort = 6379

/**
 * The address that a config means.
 * @throws `invalid_input` for a URL that is none, has query parameters, or stands beside the parts it is made of.
 */
export function addressOf(config: ParsedConfig): RedisAddress {
  refuseBoth(config)
  const { url, host = 'localhost', port = defaultPort, username, password, database = 0 } = config
  if (url !== undefined) return fromUrl(url.reveal(), config)
  const nodes = config.cluster?.nodes ?? config.sentinel?.nodes
  const hosts = nodes?.map((node) => endpointOf(node).host) ?? [host]
  return {
    host,
    port,
    secure: config.secure ?? !hosts.every(isLoopback),
    username,
    password: password?.reveal(),
    database,
  }
}

/** Where the servers are is said once. */
function refuseBoth(config: ParsedConfig): void {
  const { cluster, sentinel, database = 0 } = config
  const ways = (['cluster', 'sentinel', 'url', 'host'] as const).filter((part) => config[part] !== undefined)
  if (ways.length > 1)
    throw invalidInput(`Redis: "${ways[0]}" and "${ways[1]}" both say where the server is; give one.`)
  if ((cluster ?? sentinel) !== undefined && config.port !== undefined)
    throw invalidInput('Redis: "port" goes with "host"; nodes have theirs beside them.')
  if (cluster !== undefined && database !== 0) throw invalidInput('Redis: a cluster has no database but 0.')
}

function fromUrl(text: string, config: ParsedConfig): RedisAddress {
  const beside = (['host', 'port', 'secure', 'username', 'password', 'database'] as const).find(
    (part) => config[part] !== undefined,
  )
  if (beside !== undefined) throw invalidInput(`Redis: "${beside}" is a part of the url; give the one or the other.`)
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || (url.protocol !== 'redis:' && url.protocol !== 'rediss:') || url.hostname === '')
    throw invalidInput('Redis: the url must be redis://host:port/database, or rediss:// for TLS.')
  if (url.search !== '' || url.hash !== '')
    throw invalidInput('Redis: the url has parameters, which are not supported; use the settings of the connector.')
  if (!/^\/?\d{0,7}$/.test(url.pathname))
    throw invalidInput('Redis: the path of the url must be the number of a database.')
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? defaultPort : Number(url.port),
    secure: url.protocol === 'rediss:',
    username: url.username === '' ? undefined : decodeURIComponent(url.username),
    password: url.password === '' ? undefined : decodeURIComponent(url.password),
    database: Number(url.pathname.slice(1)),
  }
}
