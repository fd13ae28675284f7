import { invalidInput, isLoopback } from '@casare/core'
import type { ParsedConfig } from './config.ts'

/** Where a server is, and who calls. */
export interface Address {
  readonly host: string
  readonly port: number
  readonly database: string | undefined
  readonly user: string
  /** Read at each connection, so that a rotated password is picked up. */
  readonly password: () => string
  readonly secure: boolean
}

const defaultPort = 3306
const defaultUser = 'root'

/** @throws `invalid_input` for a URL that is none, or that carries parameters: they would weaken or redirect the connection. */
export function addressOf(config: ParsedConfig): Address {
  const { url, host = '', port = defaultPort, user = defaultUser, database, password } = config
  if (url !== undefined) return fromUrl(config, url.reveal(), () => url.reveal())
  return { host, port, database, user, password: () => password?.reveal() ?? '', secure: isSecure(config, host) }
}

function fromUrl(config: ParsedConfig, text: string, reveal: () => string): Address {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^(mysql|mariadb):$/.test(url.protocol) || url.hostname === '')
    throw invalidInput('The url is not one of MySQL: mysql://user:password@host:port/database.')
  const [parameter] = url.searchParams.keys()
  if (parameter !== undefined || url.hash !== '')
    throw invalidInput('The url has parameters, which are not taken; use the settings of the connector.')
  const host = decode(url.hostname).replace(/^\[|\]$/g, '')
  return {
    host,
    port: url.port === '' ? defaultPort : Number(url.port),
    database: decode(url.pathname.slice(1)) || undefined,
    user: decode(url.username) || defaultUser,
    password: () => decode(new URL(reveal()).password),
    secure: isSecure(config, host),
  }
}

function isSecure({ secure }: ParsedConfig, host: string): boolean {
  return secure ?? !isLoopback(host)
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw invalidInput('The url has a percent sign that begins no code; write it as %25.')
  }
}
