import type { AnyConnector } from '@casare/core'
import { ensure, ensureEqual, inapplicable, isNotApplicable, type Check, type NotApplicable } from '../checks/check.ts'
import { registerChecks, type TestRunner } from '../checks/run-checks.ts'
import { uploadChecks } from './object-store-upload-checks.ts'
import { bytesOf, collect, ensureBytes, ObjectStoreWorld, refused, streamOf } from './object-store-world.ts'
import type { ObjectStoreSubject } from './object-store.ts'

const promise = 'object store'

/** Names that file systems, URLs, XML and headers would change on the way. */
const hostileKeys: readonly string[] = [
  'plain.txt',
  'with space + plus % percent %2F',
  'a//b',
  'a/../b',
  '../up',
  'dir/',
  'grüße/日本語/🦊',
  'e\u0301 and é',
  '<&>"\'`',
  'tab\there',
  '?query=1&b=#fragment',
  '\\back\\slash',
  'x'.repeat(1_024),
]

/** What every store of objects keeps. */
export function objectStoreChecks(connector: AnyConnector, subject: ObjectStoreSubject): Check[] {
  const check = (name: string, run: (world: ObjectStoreWorld) => Promise<number>): Check => ({
    promise,
    name,
    async run() {
      const world = await ObjectStoreWorld.begin(connector, subject)
      try {
        return await run(world)
      } finally {
        await world.end()
      }
    },
  })
  const where = (
    part: true | NotApplicable | undefined,
    name: string,
    run: (world: ObjectStoreWorld) => Promise<number>,
  ): Check => (isNotApplicable(part) ? inapplicable(promise, name, part) : check(name, run))
  const { partBytes, signs, refusedKeys = [] } = subject

  return [
    check('bytes come back as they were, whatever their number', async (world) => {
      const lengths = [0, 1, 1_000, partBytes - 1, partBytes, partBytes + 1, 2 * partBytes + 17]
      for (const length of lengths) {
        const bytes = bytesOf(length)
        const stored = await world.put('in memory', bytes, { partBytes })
        ensureEqual(stored.size, length, 'size of what was stored')
        ensureBytes(await world.get('in memory'), bytes, `${length} bytes from memory`)
        await world.put('streamed', streamOf(bytes), { partBytes })
        ensureBytes(await world.get('streamed'), bytes, `a stream of ${length} bytes`)
      }
      return lengths.length * 2
    }),
    check('any key will do, and none is taken for another', async (world) => {
      const { connection, bucket } = world
      const keys = hostileKeys.filter((key) => !refusedKeys.includes(key))
      for (const key of refusedKeys) {
        await refused('invalid_input', world.put(key, { text: key }), `putting ${JSON.stringify(key)}`)
        await refused('invalid_input', world.get(key), `getting ${JSON.stringify(key)}`)
      }
      for (const key of keys) await world.put(key, { text: key })
      for (const key of keys)
        ensureEqual((await world.get(key)).toString(), key, `object ${JSON.stringify(key.slice(0, 40))}`)
      const listed = (await world.list('objects', {}, { maxRecords: 5 })).map(({ key }) => key)
      ensureEqual(listed.toSorted(), keys.toSorted(), 'keys listed')
      const { failed } = await connection.deleteObjects({ bucket, keys })
      ensureEqual(failed, [], 'keys that could not be deleted')
      return hostileKeys.length
    }),
    check('attributes come back as they were', async (world) => {
      const attributes = {
        contentType: 'text/plain; charset=utf-8',
        cacheControl: 'max-age=60',
        contentDisposition: 'attachment; filename="a b.txt"',
        contentLanguage: 'de',
      }
      const metadata = { owner: 'casare', note: 'a = b; c, d' }
      await world.put('small', { text: 'x' }, { ...attributes, metadata })
      await world.put('large', streamOf(bytesOf(partBytes + 1)), { ...attributes, metadata, partBytes })
      for (const key of ['small', 'large']) {
        const { bucket } = world
        const info = await world.connection.headObject({ bucket, key })
        for (const [name, value] of Object.entries(attributes))
          ensureEqual((info as never)[name], value, `${name} of the ${key} one`)
        ensureEqual(pick(info.metadata, Object.keys(metadata)), metadata, `metadata of the ${key} one`)
      }
      return 10
    }),
    check('a range is what it says', async (world) => {
      const bytes = bytesOf(10_000)
      await world.put('ranged', bytes)
      const { bucket } = world
      for (const [offset, length] of [
        [0, 1],
        [1, 9_999],
        [9_999, 1],
        [5_000, undefined],
        [9_000, 5_000],
      ] as const) {
        const range = { offset, length }
        const answer = await world.connection.getObject({ bucket, key: 'ranged', range })
        const expected = bytes.subarray(offset, length === undefined ? undefined : offset + length)
        ensureEqual([answer.offset, answer.length, answer.size], [offset, expected.byteLength, 10_000], 'what is told')
        ensureBytes(await collect(answer.body), expected, `bytes ${offset} +${String(length)}`)
      }
      await refused('invalid_input', world.get('ranged', { range: { offset: 10_000 } }), 'a range behind the end')
      return 6
    }),
    check('conditions hold', async (world) => {
      const { connection, bucket } = world
      const { etag } = await world.put('k', { text: 'one' }, { ifNoneMatch: '*' })
      await refused('conflict', world.put('k', { text: 'two' }, { ifNoneMatch: '*' }), 'over what is there')
      await world.put('k', { text: 'three' }, { ifMatch: etag })
      await refused('conflict', world.put('k', { text: 'four' }, { ifMatch: etag }), 'over another etag')
      await refused('conflict', world.get('k', { ifMatch: etag }), 'reading another etag')
      ensureEqual((await world.get('k')).toString(), 'three', 'what is there')
      const large = { partBytes, ifNoneMatch: '*' }
      await refused('conflict', world.put('k', streamOf(bytesOf(partBytes + 1)), large), 'in parts, over what is there')
      const info = await connection.headObject({ bucket, key: 'k' })
      const source = { bucket, key: 'k', ifMatch: etag }
      await refused('conflict', connection.copyObject({ bucket, key: 'l', source }), 'copying another etag')
      await connection.copyObject({ bucket, key: 'l', source: { ...source, ifMatch: info.etag } })
      return 9
    }),
    check('a copy has bytes and attributes of its source, or its own', async (world) => {
      const { connection, bucket } = world
      const bytes = bytesOf(partBytes + 3)
      await world.put('sourcé +%', bytes, { contentType: 'text/csv', metadata: { a: '1' }, partBytes })
      const source = { bucket, key: 'sourcé +%' }
      await connection.copyObject({ bucket, key: 'copy', source })
      ensureBytes(await world.get('copy'), bytes, 'the copy')
      ensureEqual((await connection.headObject({ bucket, key: 'copy' })).metadata['a'], '1', 'metadata of the copy')
      const attributes = { contentType: 'text/plain', metadata: { b: '2' } }
      await connection.copyObject({ bucket, key: 'copy', source, attributes })
      const info = await connection.headObject({ bucket, key: 'copy' })
      ensureEqual([info.contentType, info.metadata['a'], info.metadata['b']], ['text/plain', undefined, '2'], 'its own')
      return 3
    }),
    check('what is missing is told, and deleting it is no failure', async (world) => {
      const { connection, bucket } = world
      await refused('not_found', world.get('missing'), 'getting')
      await refused('not_found', connection.headObject({ bucket, key: 'missing' }), 'describing')
      const source = { bucket, key: 'missing' }
      await refused('not_found', connection.copyObject({ bucket, key: 'k', source }), 'copying')
      await connection.deleteObject({ bucket, key: 'missing' })
      await connection.deleteObjects({ bucket, keys: ['missing'] })
      const elsewhere = { bucket: world.subject.bucketName(), key: 'k' }
      await refused('not_found', connection.putObject({ ...elsewhere, body: { text: '' } }), 'no bucket to put into')
      await refused('not_found', connection.getObject(elsewhere), 'no bucket to get from')
      await refused('not_found', world.list('objects', { bucket: elsewhere.bucket }), 'no bucket to list')
      return 8
    }),
    check('lists are complete, in order, and go on from every cursor', async (world) => {
      const keys = Array.from({ length: 25 }, (_one, index) => `${index % 3 === 0 ? 'a/' : 'b/'}${100 + index}`)
      await Promise.all(keys.map((key) => world.put(key, { text: key })))
      const sorted = keys.toSorted()
      for (const maxRecords of [1, 7, 100])
        ensureEqual(
          (await world.list('objects', {}, { maxRecords })).map(({ key }) => key),
          sorted,
          `by ${maxRecords}`,
        )
      const within = sorted.filter((key) => key.startsWith('a/'))
      ensureEqual(
        (await world.list('objects', { prefix: 'a/' })).map(({ key }) => key),
        within,
        'with a prefix',
      )
      const after = sorted.filter((key) => key > 'b/110')
      ensureEqual(
        (await world.list('objects', { startAfter: 'b/110' })).map(({ key }) => key),
        after,
        'after a key',
      )
      const common = await world.list('objects', { delimiter: '/' }, { maxRecords: 1 })
      ensureEqual(
        common.map(({ kind, key }) => [kind, key]),
        [
          ['prefix', 'a/'],
          ['prefix', 'b/'],
        ],
        'by delimiter',
      )
      const { bucket, connection } = world
      const first = await connection.$.read('objects', { bucket }, { maxRecords: 100 })
      await world.put('c', { text: 'later' })
      const later = await world.list('objects', {}, { cursor: first.cursor })
      ensureEqual(
        later.map(({ key }) => key),
        ['c'],
        'what came after the last key',
      )
      return 7
    }),
    check('buckets are listed, not made twice, and deleted only when empty', async (world) => {
      const { connection, bucket } = world
      const { buckets } = await connection.listBuckets({})
      ensure(
        buckets.some(({ name }) => name === bucket),
        `the list of buckets lacks ${bucket}`,
      )
      await refused('already_exists', connection.createBucket({ bucket }), 'making it again')
      await world.put('k', { text: '' })
      await refused('conflict', connection.deleteBucket({ bucket }), 'deleting it with something in it')
      await refused('not_found', connection.deleteBucket({ bucket: world.subject.bucketName() }), 'deleting none')
      return 4
    }),
    where(signs, 'a signed URL reads and writes without credentials, and only what it is for', async (world) => {
      const { connection, bucket } = world
      const key = 'signed/ä +.txt'
      const put = await connection.signUrl({ bucket, key, method: 'PUT', expiresMs: 60_000 })
      const headers = { ...world.subject.putHeaders }
      const stored = await fetch(put.url.reveal(), { method: 'PUT', body: 'by URL', headers })
      ensure(stored.ok, `PUT was answered with ${stored.status}: ${await stored.text()}`)
      ensureEqual((await world.get(key)).toString(), 'by URL', 'what was put')
      const get = await connection.signUrl({ bucket, key, expiresMs: 60_000 })
      ensureEqual(await (await fetch(get.url.reveal())).text(), 'by URL', 'what the URL gives')
      const other = new URL(get.url.reveal())
      other.pathname = other.pathname.replace('.txt', '.csv')
      const refusal = await fetch(other)
      ensure(!refusal.ok && refusal.status !== 404, `a changed URL was answered with ${refusal.status}`)
      return 3
    }),
    ...uploadChecks(check, where, subject),
  ]
}

function pick(all: Readonly<Record<string, string>>, names: readonly string[]): Record<string, string | undefined> {
  return Object.fromEntries(names.map((name) => [name, all[name]]))
}

/** Registers the checks of object stores with the test runner. */
export function objectStoreSuite(connector: AnyConnector, subject: ObjectStoreSubject, runner?: TestRunner): void {
  const facts = { connector: connector.connectorName, suite: 'objectStoreSuite', peer: subject.peer }
  registerChecks(facts, objectStoreChecks(connector, subject), runner)
}
