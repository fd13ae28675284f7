import { invalidInput, isLoopback } from '@casare/core'
import type { ParsedConfig } from './config.ts'

/** Where a server is, and who calls. */
export interface Address {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string
  /** Read at each connection, so that a rotated password is picked up. */
  readonly password: () => string
  /** `undefined`: TLS unless the host is this machine. */
  readonly sslMode: 'verify-full' | 'disable' | undefined
  readonly applicationName: string
}

const defaultName = 'casare'

/** @throws `invalid_input` for a URL that is none, or that carries parameters which weaken or redirect the connection. */
export function addressOf(config: ParsedConfig): Address {
  const { url, host = '', port = 5432, user = 'postgres', database = user, password, sslMode } = config
  const applicationName = config.applicationName ?? defaultName
  if (url === undefined)
    return { host, port, database, user, password: () => password?.reveal() ?? '', sslMode, applicationName }
  const parsed = parse(url.reveal())
  return {
    ...parsed,
    password: () => decode(new URL(url.reveal()).password),
    applicationName: config.applicationName ?? parsed.applicationName,
  }
}

function parse(text: string): Omit<Address, 'password'> {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^postgres(ql)?:$/.test(url.protocol))
    throw invalidInput('The url is not one of PostgreSQL: postgresql://user:password@host:port/database.')
  const host = hostOf(url)
  // Read again at each connection; a mistake in it is told now.
  decode(url.password)
  const user = decode(url.username) || 'postgres'
  return {
    host,
    port: url.port === '' ? 5432 : Number(url.port),
    database: decode(url.pathname.slice(1)) || user,
    user,
    ...parametersOf(url, host),
  }
}

function hostOf(url: URL): string {
  const host = decode(url.hostname).replace(/^\[|\]$/g, '')
  if (host === '') throw invalidInput('The url names no host.')
  return host
}

/** Files and modes of libpq have no place in a URL: whoever writes the URL would read our files or switch checks off. */
function parametersOf(url: URL, host: string): Pick<Address, 'sslMode' | 'applicationName'> {
  let sslMode: Address['sslMode']
  let applicationName = defaultName
  for (const [name, value] of url.searchParams) {
    if (name === 'application_name' && value !== '') applicationName = value
    else if (name === 'sslmode') sslMode = sslModeOf(value, host)
    else
      throw invalidInput(
        `The url has the parameter ${JSON.stringify(name.slice(0, 40))}; only sslmode and application_name are taken. Certificates belong in tls.`,
      )
  }
  return { sslMode, applicationName }
}

function sslModeOf(value: string, host: string): Address['sslMode'] {
  if (value === 'require' || value === 'verify-full') return 'verify-full'
  if (value === 'disable') return 'disable'
  if ((value === 'prefer' || value === 'allow') && isLocal(host)) return undefined
  throw invalidInput(
    'sslmode in the url can be verify-full, require (which is verified here too) or disable; nothing in between is safe.',
  )
}

/** Is the peer this machine, by address or by a Unix socket? */
export function isLocal(host: string): boolean {
  return host.startsWith('/') || isLoopback(host)
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw invalidInput('The url has a percent sign that begins no code; write it as %25.')
  }
}
