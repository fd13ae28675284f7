import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { describeWithPeer } from '../../../../tools/peers/src/index.ts'
import { kafka } from '../src/index.ts'
import { saslFront, type SaslFront, type SaslRules } from './sasl-front.ts'
import { startCluster, type Cluster } from './support.ts'

const username = 'shop=a,b'
const password = 'pass word, with =2C and ü'
const mechanisms = ['plain', 'scram-sha-256', 'scram-sha-512'] as const
type Mechanism = (typeof mechanisms)[number]

await describeWithPeer('kafka', {}, () => {
  let cluster: Cluster
  const fronts: SaslFront[] = []
  beforeAll(async () => {
    cluster = await startCluster()
  })
  afterAll(async () => {
    for (const front of fronts) await front.close()
    await cluster.close()
  })

  /** A broker that asks who we are, and that all addresses of the cluster lead to. */
  async function front(rules: Partial<SaslRules> = {}): Promise<SaslFront> {
    const every = mechanisms.map((one) => one.toUpperCase())
    const made = await saslFront(cluster.address, { username, password, mechanisms: every, ...rules })
    fronts.push(made)
    return made
  }

  const connect = (
    { host, port }: SaslFront,
    mechanism: Mechanism,
    sasl: { readonly username?: string; readonly password?: string } = {},
  ): ReturnType<typeof kafka> => {
    const [named = ''] = cluster.config.brokers
    const address = `${host}:${port}`
    return kafka({
      brokers: [address],
      brokerAddresses: { [named]: address },
      sasl: { mechanism, username, password, ...sasl },
    })
  }

  test.each(mechanisms)('%s: who proves the password is let in, to read and to write', async (mechanism) => {
    const broker = await front()
    const log = connect(broker, mechanism)
    const { topic } = cluster
    expect(await log.records.write([{ value: mechanism, partition: 0 }], { topic })).toMatchObject({ failed: [] })
    const values: unknown[] = []
    for await (const { value } of log.records.read({ topic })) values.push(value)
    expect(values).toContain(mechanism)
    expect(new Set(broker.proven)).toEqual(new Set([mechanism.toUpperCase()]))
    // Only PLAIN hands the password over.
    const handedOver = Buffer.concat(broker.received).includes(password)
    expect(handedOver).toBe(mechanism === 'plain')
    await log.close()
  })

  test.each(mechanisms)('%s: a wrong password or user is refused, and said so without it', async (mechanism) => {
    const broker = await front()
    for (const sasl of [{ password: 'wrong password' }, { username: 'nobody' }]) {
      const log = connect(broker, mechanism, sasl)
      const refused = log.$.check()
      await expect(refused).rejects.toMatchObject({ code: 'unauthenticated', applied: 'no', retryable: false })
      const message = await refused.catch((error: unknown) => (error as Error).message)
      expect(message).toContain(mechanism.toUpperCase())
      expect(message).toContain(`"${sasl.username ?? username}"`)
      expect(message).not.toContain('wrong password')
      await log.close()
    }
    expect(broker.proven).toEqual([])
  })

  test('a mechanism that the broker does not offer: the password is not sent, and the message says which one it was', async () => {
    const broker = await front({ mechanisms: ['SCRAM-SHA-512'] })
    const log = connect(broker, 'plain')
    await expect(log.$.check()).rejects.toMatchObject({
      code: 'unauthenticated',
      message: expect.stringMatching(/does not offer PLAIN/),
    })
    expect(broker.received).toEqual([])
    await log.close()
  })

  test('no password goes to another machine without TLS', async () => {
    const log = kafka({
      brokers: ['broker.example.com:9092'],
      secure: false,
      sasl: { mechanism: 'plain', username, password },
    })
    await expect(log.$.open()).rejects.toMatchObject({ message: expect.stringMatching(/not be encrypted/) })
    await log.close()
  })

  test('a user name that PLAIN would read as two is refused with the config', () => {
    const sasl = { mechanism: 'plain', username: 'a\0b', password } as const
    expect(() => kafka({ brokers: ['127.0.0.1:1'], sasl })).toThrow(expect.objectContaining({ code: 'invalid_input' }))
  })
})
