import { isIP } from 'node:net'

/** What an address is for (https://www.iana.org/assignments/iana-ipv4-special-registry, iana-ipv6-special-registry). */
export type AddressKind = 'public' | 'loopback' | 'private' | 'link_local' | 'metadata' | 'reserved'

type Range4 = readonly [network: number, bits: number, kind: AddressKind]

/** The instance metadata services of clouds that are not link-local. */
const metadata4 = new Set(['100.100.100.200', '168.63.129.16', '192.0.0.192'].map(toNumber))
const metadata6 = new Set(['fd00:ec2::254', 'fd20:ce::254'].map(toHex))

const ranges4: readonly Range4[] = (
  [
    ['0.0.0.0', 8, 'reserved'],
    ['10.0.0.0', 8, 'private'],
    ['100.64.0.0', 10, 'private'],
    ['127.0.0.0', 8, 'loopback'],
    ['169.254.0.0', 16, 'link_local'],
    ['172.16.0.0', 12, 'private'],
    ['192.0.0.0', 24, 'reserved'],
    ['192.0.2.0', 24, 'reserved'],
    ['192.88.99.0', 24, 'reserved'],
    ['192.168.0.0', 16, 'private'],
    ['198.18.0.0', 15, 'private'],
    ['198.51.100.0', 24, 'reserved'],
    ['203.0.113.0', 24, 'reserved'],
    ['224.0.0.0', 4, 'reserved'],
    ['240.0.0.0', 4, 'reserved'],
  ] as const
).map(([network, bits, kind]) => [toNumber(network), bits, kind])

/**
 * What an address is for. Addresses that stand for an IPv4 address (mapped, compatible, NAT64, 6to4, Teredo, ISATAP) are what
 * that one is. `undefined` where the text is no address in its usual form.
 */
export function addressKind(text: string): AddressKind | undefined {
  const address = text.replace(/^\[|\]$/g, '').replace(/%.*$/, '')
  const version = isIP(address)
  if (version === 4) return kind4(toNumber(address))
  return version === 6 ? kind6(toHex(address)) : undefined
}

function kind4(address: number): AddressKind {
  if (address === 0xa9fea9fe || metadata4.has(address)) return 'metadata'
  const found = ranges4.find(([network, bits]) => inRange(address, network, bits))
  return found?.[2] ?? 'public'
}

function inRange(address: number, network: number, bits: number): boolean {
  return address >= network && address < network + 2 ** (32 - bits)
}

/** @param hex 32 digits. */
function kind6(hex: string): AddressKind {
  if (hex === '0'.repeat(31) + '1') return 'loopback'
  if (/^0{32}$/.test(hex)) return 'reserved'
  if (metadata6.has(hex)) return 'metadata'
  const embedded = embedded4(hex)
  if (embedded !== undefined) return kind4(embedded)
  if (/^f[cd]/.test(hex)) return 'private'
  if (/^fe[89ab]/.test(hex)) return 'link_local'
  if (/^fe[cdef]/.test(hex)) return 'private'
  // Only 2000::/3 is given out; of that, some is for protocols and documents.
  if (!/^[23]/.test(hex)) return 'reserved'
  if (/^2001(?:0[01]|0db8)/.test(hex) || /^3fff0/.test(hex)) return 'reserved'
  return 'public'
}

/** The IPv4 address that an IPv6 address leads to (RFC 4291, 2.5.5; RFC 6052; RFC 3056; RFC 4380; RFC 5214). */
function embedded4(hex: string): number | undefined {
  const last = parseInt(hex.slice(24), 16)
  if (/^0{20}(?:ffff|0000)/.test(hex)) return last
  // IPv4-translated, and NAT64 by its well-known prefix.
  if (/^0{16}ffff0000/.test(hex) || hex.startsWith('0064ff9b0000000000000000')) return last
  // NAT64 within a network is that network's own: never the open internet.
  if (hex.startsWith('0064ff9b0001')) return toNumber('10.0.0.0')
  if (hex.startsWith('2002')) return parseInt(hex.slice(4, 12), 16)
  // Teredo: its client's address is inverted.
  if (hex.startsWith('20010000')) return (last ^ 0xffffffff) >>> 0
  return /^.{16}0[02]005efe/.test(hex) ? last : undefined
}

function toNumber(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
}

/** 32 hexadecimal digits of an IPv6 address. */
export function toHex(address: string): string {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(address)
  const [, start = '', tail = ''] = dotted ?? []
  const number = toNumber(tail)
  const whole =
    dotted === null ? address : `${start}${Math.floor(number / 65_536).toString(16)}:${(number % 65_536).toString(16)}`
  const [before = '', after] = whole.split('::')
  const left = before === '' ? [] : before.split(':')
  const right = after === undefined || after === '' ? [] : after.split(':')
  const middle = after === undefined ? [] : Array.from({ length: 8 - left.length - right.length }, () => '0')
  return [...left, ...middle, ...right]
    .map((group) => group.padStart(4, '0'))
    .join('')
    .toLowerCase()
}

/** The bits of an address, for comparing it with a network: IPv4 as 8, IPv6 as 32 hexadecimal digits. */
export function bitsOf(address: string): string | undefined {
  const version = isIP(address)
  if (version === 0) return undefined
  const hex = version === 4 ? toNumber(address).toString(16).padStart(8, '0') : toHex(address)
  return [...hex].map((digit) => parseInt(digit, 16).toString(2).padStart(4, '0')).join('')
}
