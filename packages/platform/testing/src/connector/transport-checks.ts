import { createAuthority, createCertificate, type CertificateAuthority } from '../certificates/create-certificate.ts'
import { tlsFront } from '../certificates/tls-front.ts'
import { ensure, inapplicable, isNotApplicable, type Check, type CheckOutcome } from '../checks/check.ts'
import { failureOf, methodOf, type Trial } from '../subject/trial.ts'
import { trialCheck, type SuiteContext } from './suite-context.ts'

interface Case {
  readonly name: string
  readonly names?: readonly string[]
  readonly expired?: boolean
  readonly untrusted?: boolean
  readonly version?: 'TLSv1' | 'TLSv1.1'
}

const cases: readonly Case[] = [
  { name: 'a certificate for another name', names: ['other.invalid'] },
  { name: 'an expired certificate', expired: true },
  { name: 'an unknown authority', untrusted: true },
  { name: 'TLS 1.0', version: 'TLSv1' },
  { name: 'TLS 1.1', version: 'TLSv1.1' },
]

/** TLS as it must be: verified, 1.2 or later, and no plaintext to other machines. */
export function transportChecks(context: SuiteContext): Check[] {
  const { at } = context.subject
  const reason = isNotApplicable(at)
    ? at
    : context.connector.spec.uses?.includes('tls') === true
      ? undefined
      : { notApplicable: 'The connector does not declare that it uses TLS.' }
  const check = (name: string, run: (trial: Trial, authority: CertificateAuthority) => Promise<CheckOutcome>): Check =>
    reason === undefined
      ? trialCheck(context, 'tls', name, (trial) => run(trial, createAuthority('Casare test authority')))
      : inapplicable('tls', name, reason)
  return [
    check('a good certificate is accepted', async (trial, authority) => {
      const { config } = await behindTls(trial, authority, { name: '' })
      const { name, example } = trial.harmless
      const connection = trial.connect(config)
      await example.before?.(connection)
      await methodOf(connection, name)(example.input)
      return 1
    }),
    ...cases.map((one) =>
      check(`${one.name}: refused before a byte is sent`, async (trial, authority) => {
        const { config, received } = await behindTls(trial, authority, one)
        const { name, example } = trial.harmless
        const error = await failureOf(methodOf(trial.connect(config), name)(example.input), one.name)
        ensure(
          error.code === 'unavailable' && error.applied === 'no',
          `${one.name}: ${error.code}, applied ${error.applied}: ${error.message}`,
        )
        ensure(received() === 0, `${one.name}: ${received()} bytes were sent all the same`)
        return 1
      }),
    ),
    check('TLS to a port that speaks none: unavailable', async (trial) => {
      const { at } = trial.subject
      const { address } = trial.target
      if (isNotApplicable(at) || address === undefined) throw new Error('The target tells no address.')
      const connection = trial.connect(at(trial.target, { host: 'localhost', port: address.port, secure: true }))
      const { name, example } = trial.harmless
      const error = await failureOf(methodOf(connection, name)(example.input), 'TLS to plaintext')
      ensure(error.code === 'unavailable', `${error.code}: ${error.message}`)
      return 1
    }),
    check('plaintext to another machine: refused before anything is sent', async (trial) => {
      const { at } = trial.subject
      if (isNotApplicable(at)) return at
      const { name, example } = trial.harmless
      const call = async (): Promise<unknown> =>
        // TEST-NET-1 of RFC 5737: nobody answers there.
        methodOf(trial.connect(at(trial.target, { host: '192.0.2.1', port: 80, secure: false })), name)(example.input)
      const error = await failureOf(call(), 'plaintext')
      ensure(error.code === 'invalid_input', `plaintext gave ${error.code}: ${error.message}`)
      return 1
    }),
  ]
}

async function behindTls(
  trial: Trial,
  authority: CertificateAuthority,
  { names = ['localhost'], expired = false, untrusted = false, version }: Case,
): Promise<{ config: Record<string, unknown>; received: () => number }> {
  const { at } = trial.subject
  const { address } = trial.target
  if (isNotApplicable(at) || address === undefined) throw new Error('The target tells no address.')
  const certificate = createCertificate(authority, { names, expired })
  const front = await tlsFront(
    address,
    certificate,
    version === undefined ? {} : { minVersion: 'TLSv1', maxVersion: version },
    trial.subject.negotiateTls,
  )
  trial.onEnd(() => front.close())
  const config = at(trial.target, { host: front.host, port: front.port, secure: true })
  return {
    config: { ...config, tls: untrusted ? {} : { ca: authority.cert } },
    received: () => front.received(),
  }
}
