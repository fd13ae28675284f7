import {
  connectorSuite,
  notApplicable,
  objectStoreSuite,
  type DrivenConnection,
  type Peer,
  type Provocation,
  type Target,
} from '@casare/testing'
import { describeWithPeer } from '../../../../tools/peers/src/index.ts'
import { s3 } from '../src/index.ts'
import { bucketName, storageAt } from './support.ts'
import { at, worldAt, worldOf } from './world.ts'

// All suites of S3 in one file: the gateway takes its time to start.
await describeWithPeer('radosgw', {}, (peer) => {
  const facts: Peer = {
    name: 'Ceph RADOS Gateway',
    get version() {
      return peer().version ?? 'unknown'
    },
    kind: 'other implementation',
  }
  const bucket = bucketName()
  const there = { bucket, key: 'there' }
  const elsewhere = { bucket: 'casare-test-missing', key: 'k' }
  const missing = { input: elsewhere }

  // S3 gives the id of an upload: what needs one takes that of the last that was begun.
  let uploadId = 'none'
  const upload = () => ({ bucket, key: 'parts', uploadId })
  const sent = { number: 1, size: 4, etag: '"f4c9385f1902f7334b00b9b4ecd164de"' }
  const other = '"00000000000000000000000000000000"'
  const begunUpload = {
    get upload() {
      return upload()
    },
  }
  const part = {
    get upload() {
      return upload()
    },
    number: 1,
    offset: 0,
    last: true,
    body: { text: 'part' },
  }
  const completion = (etag = sent.etag) => ({
    get upload() {
      return upload()
    },
    parts: [{ ...sent, etag }],
  })
  const gone = { upload: { ...upload(), uploadId: '2~no-such-upload' } }
  // Ceph calls an unknown upload that is to be completed one that is being completed.
  const nowhere = { upload: { ...upload(), ...elsewhere } }
  const answerOf = async <Output>(call: Promise<unknown>): Promise<Output> => {
    const answer = (await call) as { success: boolean; output: Output; error: Error }
    if (!answer.success) throw answer.error
    return answer.output
  }
  const begun = async ({ $ }: DrivenConnection): Promise<void> => {
    ;({ uploadId } = await answerOf<{ uploadId: string }>($.execute('startUpload', { bucket, key: 'parts' })))
  }
  const staged = async (db: DrivenConnection): Promise<void> => {
    await begun(db)
    await answerOf(db.$.execute('uploadPart', part))
  }

  /** Without a signature, and so without rights. */
  const denied = (input: unknown, before?: Provocation['before']): Provocation => ({
    input,
    ...(before === undefined ? {} : { before }),
    config: (target) => ({ ...target.config, endpoint: worldOf(target).anonymous }),
  })
  const withKey = ({ config }: Target, secretAccessKey: string) => ({
    ...config,
    credentials: { ...(config['credentials'] as object), secretAccessKey },
  })

  connectorSuite(s3, {
    peer: facts,
    entry: import.meta.resolve('../src/index.ts'),
    start: () => worldAt(peer().url, bucket),
    examples: {
      putObject: {
        input: { bucket, key: 'ü/new', body: { text: 'new' }, contentType: 'text/plain', metadata: { a: '1' } },
      },
      getObject: { input: there },
      headObject: { input: there },
      deleteObject: { input: { bucket, key: 'gone' } },
      deleteObjects: { input: { bucket, keys: ['gone', 'gone too'] } },
      copyObject: { input: { bucket, key: 'copy', source: there } },
      signUrl: { input: { ...there, expiresMs: 60_000 } },
      startUpload: { input: { bucket, key: 'parts' } },
      uploadPart: { input: part, before: begun },
      listParts: { input: begunUpload, before: staged },
      completeUpload: { input: completion(), before: staged },
      abortUpload: { input: begunUpload, before: begun },
      createBucket: {
        input: { bucket: `${bucket}-new` },
        before: (db) => db.$.execute('deleteBucket', { bucket: `${bucket}-new` }),
      },
      deleteBucket: {
        input: { bucket: `${bucket}-new` },
        before: (db) => db.$.execute('createBucket', { bucket: `${bucket}-new` }),
      },
      listBuckets: { input: {} },
    },
    provocations: {
      putObject: {
        not_found: { input: { ...elsewhere, body: { text: '' } } },
        permission_denied: denied({ ...there, body: { text: '' } }),
        conflict: { input: { ...there, body: { text: '' }, ifNoneMatch: '*' } },
      },
      getObject: {
        not_found: missing,
        permission_denied: denied(there),
        conflict: { input: { ...there, ifMatch: other } },
        invalid_input: { input: { ...there, range: { offset: 5_000 } } },
      },
      headObject: { not_found: missing, permission_denied: denied(there) },
      deleteObject: { not_found: missing, permission_denied: denied(there) },
      deleteObjects: { not_found: { input: { bucket: elsewhere.bucket, keys: ['k'] } } },
      copyObject: {
        not_found: { input: { bucket, key: 'copy', source: elsewhere } },
        permission_denied: denied({ bucket, key: 'copy', source: there }),
        conflict: { input: { bucket, key: 'copy', source: { ...there, ifMatch: other } } },
      },
      startUpload: { not_found: missing, permission_denied: denied(there) },
      uploadPart: { not_found: { input: { ...part, ...gone } }, permission_denied: denied(part) },
      listParts: { not_found: { input: gone }, permission_denied: denied(begunUpload) },
      completeUpload: {
        not_found: { input: { ...nowhere, parts: [sent] } },
        permission_denied: denied(completion()),
        conflict: { input: completion(other), before: staged },
      },
      abortUpload: { permission_denied: denied(begunUpload) },
      createBucket: {
        already_exists: { input: { bucket } },
        invalid_input: { input: { bucket: 'Not_A_Name' } },
        permission_denied: denied({ bucket: `${bucket}-new` }),
      },
      deleteBucket: {
        not_found: { input: { bucket: elsewhere.bucket } },
        conflict: { input: { bucket } },
        permission_denied: denied({ bucket }),
      },
      listBuckets: { permission_denied: denied({}) },
      'objects.read': {
        not_found: { input: { bucket: elsewhere.bucket } },
        permission_denied: denied({ bucket }),
      },
      'uploads.read': {
        not_found: { input: { bucket: elsewhere.bucket } },
        permission_denied: denied({ bucket }),
      },
    },
    wrongCredentials: (target) => withKey(target, 'not the secret key of this account'),
    withSecret: withKey,
    at,
    async echo(db, text) {
      const address = { bucket, key: 'echo' }
      await db.$.execute('putObject', { ...address, body: { text } })
      const { body } = await answerOf<{ body: { $bytes: string } }>(db.$.execute('getObject', address))
      return Buffer.from(body.$bytes, 'base64').toString()
    },
    streams: {
      objects: {
        read: {
          input: { bucket, prefix: 'read/' },
          count: 8,
          prepare: (_db, target) =>
            Promise.all(Array.from({ length: 8 }, (_one, number) => worldOf(target).put(`read/${number}`))),
          change: (_db, target) => worldOf(target).remove('read/0'),
        },
        listen: {
          input: { bucket, prefix: 'listen/', intervalMs: 100, from: 'beginning' },
          async send(target, numbers) {
            for (const number of numbers) await worldOf(target).put(`listen/${number}`)
          },
          numberOf: (event) => Number((event as { key: string }).key.split('/')[1]),
          unacknowledged: notApplicable('A store does not know who has seen what; the listener remembers it.'),
          deadLettered: notApplicable('A store has no dead letters.'),
          disconnect: (target) => worldOf(target).proxy.resetConnections(),
          silence: notApplicable('A request without an answer ends by timeouts.readMs.'),
          patienceMs: 8_000,
        },
      },
      uploads: {
        read: {
          input: { bucket, prefix: 'unfinished/' },
          count: 8,
          async prepare(_db, target) {
            await worldOf(target).empty()
            for (let number = 0; number < 8; number += 1) await worldOf(target).begin(`unfinished/${number % 4}`)
          },
          change: (_db, target) => worldOf(target).abortFirst(),
        },
      },
    },
  })

  objectStoreSuite(s3, {
    peer: facts,
    start: async () => storageAt(peer().url),
    bucketName,
    partBytes: 5 * 1024 * 1024,
  })
})
