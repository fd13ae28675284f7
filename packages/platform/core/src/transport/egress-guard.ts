import { lookup as systemLookup, type LookupAddress, type LookupAllOptions } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { ConnectorError, invalidInput } from '../errors/connector-error.ts'
import { addressKind, bitsOf } from './ip-address.ts'

/** Where a connection may lead to. Without any of it: to public addresses only. */
export interface EgressRules {
  /** Addresses that are not public (this machine, private networks): allowed. Metadata services of clouds still are not. */
  readonly allowPrivate?: boolean | undefined
  /**
   * The only hosts: names (`api.example.com`, `*.example.com` for all below), addresses, and networks (`10.1.0.0/16`), by whatever
   * name. An address or network that is named here may be private. Default: any host whose address is public.
   */
  readonly allow?: readonly string[] | undefined
}

/** A network: the bits that its addresses begin with. */
interface Network {
  readonly version: 4 | 6
  readonly prefix: string
}

/** Resolves names as Node does; replaced in tests only. */
export type Resolve = (
  host: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void

/**
 * Keeps connections away from where they should not go. `check` looks at a host before anything is looked up; `lookup` is given to
 * the socket, so that the very address that is connected to was looked at: a name that resolves to something else the second
 * time gains nothing.
 */
export class EgressGuard {
  readonly #allowPrivate: boolean
  readonly #names: readonly string[] | undefined
  readonly #networks: readonly Network[]
  readonly #resolve: Resolve

  /** @throws `invalid_input` for an entry of `allow` that is neither name nor address nor network. */
  constructor(rules: EgressRules = {}, resolve: Resolve = systemLookup) {
    this.#allowPrivate = rules.allowPrivate ?? false
    this.#resolve = resolve
    const entries = rules.allow?.map((entry) => entry.trim().toLowerCase().replace(/\.$/, ''))
    this.#networks = entries?.flatMap((entry) => networkOf(entry) ?? []) ?? []
    this.#names = entries?.filter((entry) => networkOf(entry) === undefined)
    for (const name of this.#names ?? [])
      if (!/^(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/.test(name))
        throw invalidInput(
          `egress.allow: "${name}" is neither a host name nor an address nor a network such as 10.1.0.0/16.`,
        )
  }

  /**
   * Looks at a host as it is written.
   * @throws `permission_denied`, `applied: 'no'`, for one that is not allowed.
   */
  check(host: string): void {
    const name = hostName(host)
    if (isIP(name) !== 0) this.#checkAddress(name, name)
    // Digits alone are an address in a form that only some programs read.
    else if (/^(?:0x[0-9a-f]*|\d+)(?:\.(?:0x[0-9a-f]*|\d+))*$/.test(name))
      throw refused(host, 'is an address in an unusual form')
    // Where networks are allowed, its address decides.
    else if (!this.#allowsName(name) && this.#networks.length === 0) throw refused(host, 'is not in egress.allow')
  }

  /** For sockets: resolves a name to the addresses that are allowed. */
  readonly lookup: LookupFunction = (hostname, options, callback) => {
    const { all = false, ...rest } = options
    try {
      this.check(hostname)
    } catch (error) {
      return void process.nextTick(callback, error, '', 0)
    }
    this.#resolve(hostname, { ...rest, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, '', 0)
      let failure: unknown
      const allowed = addresses.filter(({ address }) => {
        try {
          this.#checkAddress(address, hostname)
          return true
        } catch (problem) {
          failure ??= problem
          return false
        }
      })
      const [first] = allowed
      if (first === undefined) return callback((failure ?? refused(hostname, 'has no address')) as Error, '', 0)
      if (all) callback(null, allowed)
      else callback(null, first.address, first.family)
    })
  }

  #checkAddress(address: string, host: string): void {
    const plain = address.replace(/%.*$/, '')
    const bits = bitsOf(plain) ?? ''
    const version = isIP(plain)
    if (this.#networks.some((network) => network.version === version && bits.startsWith(network.prefix))) return
    const kind = addressKind(plain) ?? 'reserved'
    const where = address === host ? host : `${host} (${address})`
    if (kind === 'metadata') throw refused(where, 'is the metadata service of a cloud')
    if (kind !== 'public' && !this.#allowPrivate) throw refused(where, `is ${words[kind]}`)
    if (!this.#allowsName(hostName(host))) throw refused(where, 'is not in egress.allow')
  }

  #allowsName(name: string): boolean {
    if (this.#names === undefined) return true
    return this.#names.some((entry) => (entry.startsWith('*.') ? name.endsWith(entry.slice(1)) : name === entry))
  }
}

const words = {
  loopback: 'this machine',
  private: 'an address of a private network',
  link_local: 'a link-local address',
  reserved: 'not a public address',
} as const

function hostName(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
}

function networkOf(entry: string): Network | undefined {
  const [address = '', length] = entry.replace(/^\[|\]/g, '').split('/')
  const version = isIP(address)
  const bits = bitsOf(address)
  if (bits === undefined || (version !== 4 && version !== 6)) return undefined
  const size = length === undefined ? bits.length : Number(length)
  if (!Number.isInteger(size) || size < 0 || size > bits.length || length === '')
    throw invalidInput(`egress.allow: "${entry}" is no network: its length must be from 0 to ${bits.length}.`)
  return { version, prefix: bits.slice(0, size) }
}

function refused(host: string, reason: string): ConnectorError {
  return new ConnectorError({
    code: 'permission_denied',
    applied: 'no',
    vendorCode: 'EGRESS',
    message: `A connection to ${host} is refused: it ${reason}. If it is meant, allow it with egress (allow, allowPrivate).`,
  })
}
