import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto'
import { bitString, explicit, integer, objectId, octetString, sequence, set, time, tlv, utf8 } from './der.ts'

/** A certificate for tests with its private key, both PEM. */
export interface Certificate {
  readonly cert: string
  readonly key: string
}

/** Signs other certificates. */
export interface CertificateAuthority extends Certificate {
  readonly name: string
  readonly privateKey: KeyObject
}

/** Makes a certificate authority that exists only in this test run (ECDSA P-256). */
export function createAuthority(name: string): CertificateAuthority {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  const basics = extension('2.5.29.19', sequence(tlv(0x01, Buffer.from([0xff]))), true)
  const cert = certificate(name, name, spki, privateKey, years(-1), years(1), [basics])
  return { cert, key: pemOf(privateKey), name, privateKey }
}

/**
 * Makes a server's certificate.
 * @param options.names DNS names it is for.
 * @param options.expired it ended a day ago.
 */
export function createCertificate(
  authority: CertificateAuthority,
  options: { readonly names: readonly string[]; readonly expired?: boolean },
): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  const names = sequence(...options.names.map((name) => tlv(0x82, Buffer.from(name, 'ascii'))))
  const until = options.expired === true ? new Date(Date.now() - 86_400_000) : years(1)
  const cert = certificate(options.names[0] ?? '', authority.name, spki, authority.privateKey, years(-1), until, [
    extension('2.5.29.17', names, false),
  ])
  return { cert, key: pemOf(privateKey) }
}

/** X.509 version 3 (RFC 5280, 4.1). */
function certificate(
  subject: string,
  issuer: string,
  spki: Buffer,
  signer: KeyObject,
  from: Date,
  until: Date,
  extensions: readonly Buffer[],
): string {
  const algorithm = sequence(objectId('1.2.840.10045.4.3.2'))
  const body = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    algorithm,
    nameOf(issuer),
    sequence(time(from), time(until)),
    nameOf(subject),
    spki,
    explicit(
      3,
      sequence(...extensions, extension('2.5.29.14', octetString(createHash('sha1').update(spki).digest()), false)),
    ),
  )
  const der = sequence(body, algorithm, bitString(sign('sha256', body, signer)))
  return pem('CERTIFICATE', der)
}

function nameOf(commonName: string): Buffer {
  return sequence(set(sequence(objectId('2.5.4.3'), utf8(commonName))))
}

function extension(id: string, value: Buffer, critical: boolean): Buffer {
  return sequence(objectId(id), ...(critical ? [tlv(0x01, Buffer.from([0xff]))] : []), octetString(value))
}

function years(count: number): Date {
  return new Date(Date.now() + count * 365 * 86_400_000)
}

function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
