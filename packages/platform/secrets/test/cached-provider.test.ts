import { expect, test } from '@jest/globals'
import { ConnectorError, parseSecretReference, Secret } from '@casare/core'
import { cachedProvider } from '@casare/secrets'

const reference = parseSecretReference('secret://vault/crm#token')
const sleep = (delayMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, delayMs))

test('asked once by many, and again behind the first use after its time', async () => {
  let asked = 0
  const provider = cachedProvider(async () => new Secret(`value ${(asked += 1)}`, 'vault crm'), { ttlMs: 1_000 })
  const secrets = await Promise.all(Array.from({ length: 20 }, async () => provider(reference)))
  expect(new Set(secrets.map((one) => one.reveal()))).toEqual(new Set(['value 1']))
  expect([asked, secrets[0]?.origin]).toEqual([1, 'vault crm'])
  expect((await provider(parseSecretReference('secret://vault/other'))).reveal()).toBe('value 2')
  await sleep(1_050)
  expect(secrets[0]?.reveal()).toBe('value 1')
  expect(secrets[1]?.reveal()).toBe('value 1')
  await sleep(5)
  expect(secrets.map((one) => one.reveal())).toEqual(Array.from({ length: 20 }, () => 'value 3'))
  expect(asked).toBe(3)
})

test('a source that is away leaves the last value in use, and says so', async () => {
  let away = false
  const events: unknown[] = []
  const provider = cachedProvider(
    async () => {
      if (away) throw new ConnectorError({ code: 'unavailable', message: 'sealed' })
      return new Secret('the value')
    },
    { ttlMs: 1_000, event: (name, detail) => void events.push([name, detail]) },
  )
  const secret = await provider(reference)
  away = true
  await sleep(1_050)
  for (let i = 0; i < 5; i += 1) {
    expect(secret.reveal()).toBe('the value')
    await sleep(2)
  }
  expect(events).toEqual([['secret_stale', { reference: 'secret://vault/crm#token', code: 'unavailable' }]])
})

test('a failure is not kept', async () => {
  let asked = 0
  const provider = cachedProvider(async () => {
    asked += 1
    if (asked === 1) throw new ConnectorError({ code: 'not_found', message: 'missing' })
    return new Secret('set since')
  })
  await expect(async () => provider(reference)).rejects.toMatchObject({ code: 'not_found' })
  expect((await provider(reference)).reveal()).toBe('set since')
  for (const ttlMs of [999, 86_400_001, 1.5])
    expect(() => cachedProvider(() => new Secret('x'), { ttlMs })).toThrow(/ttlMs/)
})
