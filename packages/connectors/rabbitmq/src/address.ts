import { invalidInput, isLoopback } from '@casare/core'
import type { ParsedConfig } from './config.ts'

/** Where the broker is, and who we are there. */
export interface RabbitmqAddress {
  readonly host: string
  readonly port: number
  readonly secure: boolean
  readonly vhost: string
  readonly username: string
  readonly password: string
}

const parts = ['host', 'port', 'secure', 'vhost', 'username', 'password'] as const

/**
 * The address that a config means.
 * @throws `invalid_input` for a URL that is none, has query parameters, or stands beside the parts it is made of.
 */
export function addressOf(config: ParsedConfig): RabbitmqAddress {
  const { url, host = 'localhost', vhost = '/', username = 'guest', password } = config
  if (url !== undefined) return fromUrl(url.reveal(), config)
  const secure = config.secure ?? !isLoopback(host)
  return {
    host,
    port: config.port ?? standardPort(secure),
    secure,
    vhost,
    username,
    password: password?.reveal() ?? 'guest',
  }
}

function fromUrl(text: string, config: ParsedConfig): RabbitmqAddress {
  const beside = parts.find((part) => config[part] !== undefined)
  if (beside !== undefined) throw invalidInput(`RabbitMQ: "${beside}" is a part of the url; give the one or the other.`)
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || (url.protocol !== 'amqp:' && url.protocol !== 'amqps:') || url.hostname === '')
    throw invalidInput('RabbitMQ: the url must be amqp://host:port/vhost, or amqps:// for TLS.')
  if (url.search !== '' || url.hash !== '')
    throw invalidInput('RabbitMQ: the url has parameters, which are not supported; use the settings of the connector.')
  const path = url.pathname.slice(1)
  if (path.includes('/'))
    throw invalidInput('RabbitMQ: the path of the url is the name of the virtual host; write a slash in it as %2F.')
  const secure = url.protocol === 'amqps:'
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? standardPort(secure) : Number(url.port),
    secure,
    vhost: path === '' ? '/' : decoded(path),
    username: url.username === '' ? 'guest' : decoded(url.username),
    password: url.password === '' ? 'guest' : decoded(url.password),
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw invalidInput('RabbitMQ: the url has a % that begins no percent-encoded character; write it as %25.')
  }
}

function standardPort(secure: boolean): number {
  return secure ? 5_671 : 5_672
}
