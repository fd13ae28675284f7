import { ensure, ensureEqual, type Check, type NotApplicable } from '../checks/check.ts'
import { bytesOf, ensureBytes, refused, streamOf, type ObjectStoreWorld } from './object-store-world.ts'
import type { ObjectStoreSubject, StorePart } from './object-store.ts'

type Make = (name: string, run: (world: ObjectStoreWorld) => Promise<number>) => Check
type MakeWhere = (
  part: true | NotApplicable | undefined,
  name: string,
  run: (world: ObjectStoreWorld) => Promise<number>,
) => Check

/** What holds for uploads in parts. */
export function uploadChecks(check: Make, where: MakeWhere, subject: ObjectStoreSubject): Check[] {
  const { partBytes, parallelParts, listsUploads } = subject
  const bytes = bytesOf(3 * partBytes + 5)
  const partOf = (number: number): Buffer => bytes.subarray((number - 1) * partBytes, number * partBytes)
  const send = (world: ObjectStoreWorld, upload: object, number: number): Promise<StorePart> =>
    world.connection.uploadPart({
      upload,
      number,
      offset: (number - 1) * partBytes,
      last: number === 4,
      body: () => streamOf(partOf(number)),
      length: partOf(number).byteLength,
    })

  return [
    check('an upload goes on in another connection, with the parts that are there', async (world) => {
      const { connection, bucket } = world
      const upload = await connection.startUpload({ bucket, key: 'resumed', contentType: 'text/csv', partBytes })
      const first = [await send(world, upload, 1), await send(world, upload, 2)]
      const { parts } = await connection.listParts({ upload })
      const told = parts.map(({ number, size }) => [number, size])
      ensureEqual(
        told,
        [
          [1, partBytes],
          [2, partBytes],
        ],
        'parts that are there',
      )
      const rest = [await send(world, upload, 3), await send(world, upload, 4)]
      const all = [...first, ...rest]
      await connection.completeUpload({ upload, parts: all, contentType: 'text/csv' })
      ensureBytes(await world.get('resumed'), bytes, 'the object')
      ensureEqual((await connection.headObject({ bucket, key: 'resumed' })).contentType, 'text/csv', 'its media type')
      return 3
    }),
    where(parallelParts, 'parts arrive in any order, and a part sent again replaces the first', async (world) => {
      const { connection, bucket } = world
      const upload = await connection.startUpload({ bucket, key: 'any order' })
      const wrong = { upload, number: 2, offset: partBytes, last: false, body: bytesOf(partBytes) }
      await connection.uploadPart(wrong)
      const parts = await Promise.all([4, 2, 1, 3].map((number) => send(world, upload, number)))
      await connection.completeUpload({ upload, parts: parts.toSorted((one, other) => one.number - other.number) })
      ensureBytes(await world.get('any order'), bytes, 'the object')
      return 1
    }),
    check('nothing is seen before an upload is complete, nothing is left of one that was given up', async (world) => {
      const { connection, bucket } = world
      const upload = await connection.startUpload({ bucket, key: 'given up' })
      await send(world, upload, 1)
      await refused('not_found', world.get('given up'), 'reading an unfinished upload')
      await connection.abortUpload({ upload })
      await connection.abortUpload({ upload })
      ensureEqual(await world.list('uploads'), [], 'unfinished uploads')
      ensureEqual(await world.list('objects'), [], 'objects')
      return 3
    }),
    where(listsUploads, 'unfinished uploads are listed', async (world) => {
      const { connection, bucket } = world
      const keys = ['one', 'two/ü', 'two/x']
      const uploads = await Promise.all(keys.map((key) => connection.startUpload({ bucket, key })))
      for (const upload of uploads) await send(world, upload, 1)
      const listed = (await world.list('uploads', {}, { maxRecords: 2 })).map(({ key }) => key)
      ensureEqual(listed.toSorted(), keys.toSorted(), 'keys of the uploads')
      const ids = (await world.list('uploads', { prefix: 'two/' })).map(({ uploadId }) => uploadId)
      ensure(ids.length === 2, `with a prefix: ${ids.length} instead of 2`)
      return 2
    }),
    check('an upload in parts that fails leaves nothing to pay for', async (world) => {
      async function* failing(): AsyncIterable<Uint8Array> {
        yield* streamOf(bytes.subarray(0, 2 * partBytes + 1))
        throw new Error('The source broke.')
      }
      const failed = await world.put('broken', failing(), { partBytes }).then(
        () => false,
        () => true,
      )
      ensure(failed, 'a source that broke was not noticed')
      ensureEqual(await world.list('uploads'), [], 'unfinished uploads')
      ensureEqual(await world.list('objects'), [], 'objects')
      return 3
    }),
  ]
}
