import { expect, test } from '@jest/globals'
import { Secret } from '@casare/core'
import { sealedTokenStore, type TokenStore } from '@casare/auth'

const sleep = (delayMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, delayMs))

/**
 * What every token store promises. Defines tests.
 * @param make gives a store on the same data each time: the second one is another process's.
 */
export function tokenStoreSuite(make: () => TokenStore | Promise<TokenStore>): void {
  let count = 0
  const fresh = async (): Promise<{ one: TokenStore; other: TokenStore; key: string }> => {
    count += 1
    return { one: await make(), other: await make(), key: `gränt ${count} ${crypto.randomUUID()}` }
  }

  test('nothing, then something, then something else, then nothing: the version goes up each time', async () => {
    const { one, other, key } = await fresh()
    expect(await one.read(key)).toBeUndefined()
    await one.put(key, 'first')
    expect(await other.read(key)).toEqual({ value: 'first', version: 1 })
    await other.put(key, `{"ünïcode":"${'x'.repeat(16_000)}'\\"}`)
    expect(await one.read(key)).toEqual({ value: `{"ünïcode":"${'x'.repeat(16_000)}'\\"}`, version: 2 })
    await one.delete(key)
    expect(await other.read(key)).toBeUndefined()
    await one.delete(`${key} nobody`)
    await one.put(key, 'again')
    expect(await other.read(key)).toEqual({ value: 'again', version: 4 })
  })

  test('compare and swap: one of many wins, and who comes late changes nothing', async () => {
    const { one, other, key } = await fresh()
    const first = await Promise.all(
      Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? one : other).replace(key, 0, `value ${index}`)),
    )
    expect(first.filter(Boolean)).toHaveLength(1)
    expect(await one.read(key)).toEqual({ value: `value ${first.indexOf(true)}`, version: 1 })
    expect(await other.replace(key, 0, 'late')).toBe(false)
    expect(await other.replace(key, 7, 'early')).toBe(false)
    expect(await other.replace(key, 1, 'next')).toBe(true)
    expect(await one.read(key)).toEqual({ value: 'next', version: 2 })
  })

  test('a lease: one holder among many; given back, it is free', async () => {
    const { one, other, key } = await fresh()
    const leases = await Promise.all(
      Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? one : other).acquire(key, `holder ${index}`, 60_000)),
    )
    const [lease] = leases.filter((given) => given !== undefined)
    expect(leases.filter((given) => given !== undefined)).toHaveLength(1)
    expect(await one.read(key)).toBeUndefined()
    await other.release(key, (lease?.fence ?? 0) - 1)
    expect(await other.acquire(key, 'somebody else', 60_000)).toBeUndefined()
    await one.release(key, lease?.fence ?? 0)
    const next = await other.acquire(key, 'somebody else', 60_000)
    expect(next?.fence).toBeGreaterThan(lease?.fence ?? 0)
    const again = await other.acquire(key, 'somebody else', 60_000)
    expect(again?.fence).toBeGreaterThan(next?.fence ?? 0)
    // The older lease of the same holder is over.
    expect(await one.extend(key, next?.fence ?? 0, 60_000)).toBe(false)
    expect(await one.extend(key, again?.fence ?? 0, 60_000)).toBe(true)
  })

  test('a lease that is not extended ends by itself; one that is does not', async () => {
    const { one, other, key } = await fresh()
    const lease = await one.acquire(key, 'killed', 150)
    expect(await other.acquire(key, 'next', 60_000)).toBeUndefined()
    expect(await one.extend(key, lease?.fence ?? 0, 600)).toBe(true)
    await sleep(200)
    expect(await other.acquire(key, 'next', 60_000)).toBeUndefined()
    await sleep(600)
    const taken = await other.acquire(key, 'next', 60_000)
    expect(taken?.fence).toBeGreaterThan(lease?.fence ?? 0)
    expect(await one.extend(key, lease?.fence ?? 0, 60_000)).toBe(false)
    await one.release(key, lease?.fence ?? 0)
    expect(await one.acquire(key, 'killed', 60_000)).toBeUndefined()
  })

  test('keys do not know each other, and a value under a lease can be replaced by a login', async () => {
    const { one, other, key } = await fresh()
    await one.acquire(key, 'a', 60_000)
    expect(await one.acquire(`${key}%`, 'b', 60_000)).toBeDefined()
    await other.put(key, 'login')
    expect(await one.replace(key, 0, 'refreshed')).toBe(false)
    expect(await one.read(key)).toMatchObject({ value: 'login' })
  })

  test('sealed: the store below holds no token, another key opens nothing, a value fits its own key only', async () => {
    const { one, key } = await fresh()
    const keyOf = (fill: number): Secret => new Secret(Buffer.alloc(32, fill).toString('base64'))
    const sealed = sealedTokenStore(one, keyOf(1))
    await sealed.put(key, 'the tokens')
    expect(await sealed.read(key)).toEqual({ value: 'the tokens', version: 1 })
    const stored = (await one.read(key))?.value ?? ''
    expect(stored).not.toContain('tokens')
    await expect(sealedTokenStore(one, keyOf(2)).read(key)).rejects.toMatchObject({ code: 'unauthenticated' })
    await one.put(`${key} 2`, stored)
    await expect(sealed.read(`${key} 2`)).rejects.toMatchObject({ code: 'unauthenticated' })
    await one.put(key, 'in the clear')
    await expect(sealed.read(key)).rejects.toMatchObject({ code: 'invalid_input' })
    expect(await sealed.replace(key, 2, 'next')).toBe(true)
    expect(await sealed.read(key)).toEqual({ value: 'next', version: 3 })
    expect(() => sealedTokenStore(one, new Secret('short'))).toThrow(/32 bytes/)
  })
}
