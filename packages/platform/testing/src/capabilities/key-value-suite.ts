import type { AnyConnector } from '@casare/core'
import { ensure, ensureEqual, inapplicable, isNotApplicable, type Check, type NotApplicable } from '../checks/check.ts'
import { registerChecks, type TestRunner } from '../checks/run-checks.ts'
import { seededRandom } from '../faults/random.ts'
import type { DrivenConnection } from '../subject/connector-subject.ts'
import { quickRetries } from '../subject/trial.ts'
import type { KeyValueSubject } from './key-value.ts'

const promise = 'key-value'
const concurrentCalls = 1_000
const stableKeys = 500
const expireMs = 100
const patienceMs = 5_000

const text = (value: string): Uint8Array => new TextEncoder().encode(value)
const everyByte = Uint8Array.from({ length: 256 }, (_one, index) => index)

/** Values that systems change on the way: nothing, every byte, what is no UTF-8, a million bytes. */
const hostileValues = (): readonly Uint8Array[] => [
  new Uint8Array(),
  text('value'),
  text('grüße 🦊 日本語 e\u0301 \u2028\ufeff'),
  text('a\0b\r\n$5\r\n*1\r\n'),
  everyByte,
  Uint8Array.of(0xff, 0xfe, 0xed, 0xa0, 0x80),
  everyByte.subarray(17, 60),
  randomBytes(1_048_576),
]

const hostileKeys: readonly string[] = [
  'plain',
  'with space and / and \\ and *?[a-z]',
  'grüße 🦊 日本語',
  'a\0b',
  'line\r\nbreak',
  '__proto__',
  'constructor',
  "'; drop table x; --",
  'x'.repeat(10_000),
]

/** What every store of values under keys keeps. */
export function keyValueChecks(connector: AnyConnector, subject: KeyValueSubject): Check[] {
  const check = (name: string, run: (store: Store) => Promise<number>): Check => ({
    promise,
    name,
    async run() {
      const target = await subject.start()
      const connection = connector({ ...target.config, resilience: quickRetries }) as unknown as DrivenConnection
      try {
        return await run(new Store(connection, subject))
      } finally {
        await connection.close()
        await target.close?.()
      }
    },
  })
  const where = <Part>(
    part: Part | NotApplicable | undefined,
    name: string,
    run: (store: Store, part: Part) => Promise<number>,
  ): Check =>
    isNotApplicable(part) ? inapplicable(promise, name, part) : check(name, (store) => run(store, part as Part))

  return [
    check('values come back byte by byte', async (store) => {
      const values = hostileValues()
      for (const [index, value] of values.entries()) {
        await store.set(`value-${index}`, value)
        ensureSame(await store.get(`value-${index}`), value, `value ${index}`)
      }
      return values.length
    }),
    check('any key will do, and none is taken for another', async (store) => {
      for (const [index, key] of hostileKeys.entries()) await store.set(key, text(String(index)))
      for (const [index, key] of hostileKeys.entries())
        ensureSame(await store.get(key), text(String(index)), `key ${JSON.stringify(key.slice(0, 40))}`)
      return hostileKeys.length
    }),
    check('a missing key is null, an empty value is not', async (store) => {
      ensure((await store.get('missing')) === null, 'a key that never was there has a value')
      await store.set('empty', new Uint8Array())
      ensureSame(await store.get('empty'), new Uint8Array(), 'the empty value')
      return 2
    }),
    check('what is stored again is replaced', async (store) => {
      await store.set('twice', text('a longer first value'))
      await store.set('twice', text('second'))
      ensureSame(await store.get('twice'), text('second'), 'the second value')
      return 1
    }),
    check('what is deleted is gone, and deleting it again does no harm', async (store) => {
      await store.set('gone', text('x'))
      await store.set('stays', text('y'))
      await store.delete('gone')
      await store.delete('gone')
      ensure((await store.get('gone')) === null, 'a deleted key still has a value')
      ensureSame(await store.get('stays'), text('y'), 'another key')
      return 3
    }),
    where(subject.expires, 'what expires is there, then gone; the rest stays', async (store) => {
      await store.set('stays', text('y'))
      await store.set('renewed', text('first'), { expireMs })
      await store.set('renewed', text('second'))
      const storedAt = performance.now()
      await store.set('short', text('x'), { expireMs })
      const found = await store.get('short')
      ensure(found !== null || performance.now() - storedAt >= expireMs, 'it had expired before its time')
      const until = performance.now() + patienceMs
      while ((await store.get('short')) !== null)
        ensure(performance.now() < until, `it is there after ${patienceMs} ms, and was to expire after ${expireMs}`)
      ensure(performance.now() - storedAt >= expireMs - 1, 'it had expired before its time')
      ensureSame(await store.get('stays'), text('y'), 'a value without expiry')
      ensureSame(await store.get('renewed'), text('second'), 'a value stored again, without expiry')
      return 4
    }),
    where(
      subject.increment,
      `a counter, ${concurrentCalls} times at once: each number once`,
      async (store, increment) => {
        const sums = await Promise.all(
          Array.from({ length: concurrentCalls }, () => increment(store.connection, store.key('counter'))),
        )
        const sorted = sums.map(Number).sort((left, right) => left - right)
        ensureEqual(
          sorted,
          sorted.map((_sum, index) => index + 1),
          'the sums',
        )
        return concurrentCalls
      },
    ),
    where(subject.conditions, 'of many who store where nothing is, one succeeds', async (store) => {
      let rounds = 0
      for (; rounds < 5; rounds += 1) {
        const key = `contested-${rounds}`
        const stored = await Promise.all(
          Array.from({ length: 50 }, (_one, index) => store.set(key, text(String(index)), { ifMissing: true })),
        )
        const winners = stored.flatMap((won, index) => (won ? [index] : []))
        ensure(winners.length === 1, `${winners.length} of 50 have stored it`)
        ensureSame(await store.get(key), text(String(winners[0])), 'the winner’s value')
      }
      ensure(await store.set('free', text('x'), { ifMissing: true }), 'it was not stored, and nothing was there')
      return rounds * 50 + 1
    }),
    where(subject.list, 'while others come and go, each key that stays is listed', async (store, list) => {
      const staying = Array.from({ length: stableKeys }, (_one, index) => `stays-${index}`)
      for (const key of staying) await store.set(key, text('x'))
      const seen = new Set<string>()
      let churning = true
      const churn = async (from: number): Promise<void> => {
        for (let number = from; churning; number += 1) {
          await store.set(`comes-${number}`, text('x'))
          await store.delete(`comes-${number}`)
          await store.set(`grows-${number}`, text('x'))
        }
      }
      const churns = [churn(0), churn(1_000_000)]
      try {
        for await (const key of list(store.connection)) seen.add(key)
      } finally {
        churning = false
        await Promise.all(churns)
      }
      const lost = staying.filter((key) => !seen.has(store.key(key)))
      ensure(lost.length === 0, `not listed: ${lost.slice(0, 10).join(', ')}`)
      const invented = [...seen].filter((key) => !/(stays|comes|grows)-\d+$/.test(key))
      ensure(invented.length === 0, `listed, and never stored: ${invented.slice(0, 10).join(', ')}`)
      return stableKeys
    }),
  ]
}

/** Registers `keyValueChecks` as tests. */
export function keyValueSuite(connector: AnyConnector, subject: KeyValueSubject, runner?: TestRunner): void {
  const facts = { connector: connector.connectorName, suite: promise, peer: subject.peer }
  registerChecks(facts, keyValueChecks(connector, subject), runner)
}

class Store {
  readonly connection: DrivenConnection
  readonly #subject: KeyValueSubject

  constructor(connection: DrivenConnection, subject: KeyValueSubject) {
    this.connection = connection
    this.#subject = subject
  }

  key(name: string): string {
    return `${this.#subject.prefix}${name}`
  }

  set(name: string, value: Uint8Array, options = {}): Promise<boolean> {
    return this.#subject.set(this.connection, this.key(name), value, options)
  }

  get(name: string): Promise<Uint8Array | null> {
    return this.#subject.get(this.connection, this.key(name))
  }

  delete(name: string): Promise<unknown> {
    return this.#subject.delete(this.connection, this.key(name))
  }
}

function ensureSame(found: Uint8Array | null, expected: Uint8Array, what: string): void {
  ensure(found !== null, `${what}: nothing is there`)
  ensure(
    Buffer.compare(found, expected) === 0,
    `${what}: ${found.length} bytes, not the ${expected.length} that were stored`,
  )
}

function randomBytes(length: number): Uint8Array {
  const random = seededRandom(1)
  return Uint8Array.from({ length }, () => Math.floor(random() * 256))
}
