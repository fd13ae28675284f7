import {
  connectorSuite,
  faultProxy,
  notApplicable,
  type DrivenConnection,
  type FaultProxy,
  type Provocation,
  type Target,
} from '@casare/testing'
import { gcs } from '../src/index.ts'
import { admin, bucketName, configOf, peer, putText, storage, type Storage } from './support.ts'

interface World extends Storage {
  readonly proxy: FaultProxy
}

const bucket = bucketName()
const there = { bucket, key: 'there' }
const elsewhere = { bucket: 'casare-test-missing', key: 'k' }
const missing = { input: elsewhere }
const other = '1'
const worldOf = (target: Target): World => target as World

// Google gives the id of an upload: what needs one takes that of the last that was begun.
let uploadId = 'none'
const begunUpload = {
  get upload() {
    return { bucket, key: 'parts', uploadId }
  },
}
const part = {
  get upload() {
    return { bucket, key: 'parts', uploadId }
  },
  number: 1,
  offset: 0,
  last: true,
  body: { text: 'part' },
}
const sent = { number: 1, size: 4, etag: '' }
const completion = (size = sent.size) => ({
  get upload() {
    return { bucket, key: 'parts', uploadId }
  },
  parts: [{ ...sent, size }],
})
const gone = {
  upload: { bucket, key: 'parts', uploadId: Buffer.from(JSON.stringify({ id: 'no-such' })).toString('base64url') },
}
const answerOf = async <Output>(call: Promise<unknown>): Promise<Output> => {
  const answer = (await call) as { success: boolean; output: Output; error: Error }
  if (!answer.success) throw answer.error
  return answer.output
}
const begun = async ({ $ }: DrivenConnection): Promise<void> => {
  const start = { bucket, key: 'parts', partBytes: 262_144 }
  ;({ uploadId } = await answerOf<{ uploadId: string }>($.execute('startUpload', start)))
}
const staged = async (db: DrivenConnection): Promise<void> => {
  await begun(db)
  await answerOf(db.$.execute('uploadPart', part))
}
const put = (db: DrivenConnection): Promise<unknown> => db.$.execute('putObject', { ...there, body: { text: 'there' } })

/** With a token that is good for something else. */
const denied = (input: unknown, before?: Provocation['before']): Provocation => ({
  input,
  ...(before === undefined ? {} : { before }),
  config: (target) => {
    const token = worldOf(target).simulator.issueToken({ scopes: ['https://www.googleapis.com/auth/drive'] })
    return { ...target.config, credentials: { kind: 'accessToken', token } }
  },
})
const withToken = ({ config }: Target, token: string) => ({ ...config, credentials: { kind: 'accessToken', token } })

connectorSuite(gcs, {
  peer,
  entry: import.meta.resolve('../src/index.ts'),
  async start() {
    const world = await storage()
    const { simulator } = world
    await admin(simulator, 'POST', `/storage/v1/b?project=${simulator.projectId}`, JSON.stringify({ name: bucket }))
    await putText(simulator, bucket, 'there', 'there')
    const proxy = await faultProxy({ host: '127.0.0.1', port: simulator.port })
    return {
      ...world,
      proxy,
      config: configOf(simulator, `http://127.0.0.1:${proxy.port}`),
      async close() {
        await proxy.close()
        await world.close()
      },
    }
  },
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
      conflict: { input: { ...there, body: { text: '' }, ifNoneMatch: '*' }, before: put },
    },
    getObject: {
      not_found: missing,
      permission_denied: denied(there),
      conflict: { input: { ...there, ifMatch: other }, before: put },
      invalid_input: { input: { ...there, range: { offset: 5_000 } }, before: put },
    },
    headObject: { not_found: missing, permission_denied: denied(there) },
    deleteObject: { not_found: missing, permission_denied: denied(there) },
    deleteObjects: { not_found: { input: { bucket: elsewhere.bucket, keys: ['k'] } } },
    copyObject: {
      not_found: { input: { bucket, key: 'copy', source: elsewhere } },
      permission_denied: denied({ bucket, key: 'copy', source: there }),
      conflict: { input: { bucket, key: 'copy', source: { ...there, ifMatch: other } }, before: put },
    },
    startUpload: { not_found: missing, permission_denied: denied(there) },
    uploadPart: {
      not_found: { input: { ...part, ...gone } },
      permission_denied: denied({ ...part, ...gone }),
    },
    listParts: { not_found: { input: gone }, permission_denied: denied(gone) },
    completeUpload: {
      not_found: { input: { ...gone, parts: [sent] } },
      permission_denied: denied({ ...gone, parts: [sent] }),
      conflict: { input: completion(5), before: staged },
    },
    abortUpload: { permission_denied: denied(gone) },
    createBucket: {
      already_exists: { input: { bucket } },
      invalid_input: { input: { bucket: 'Not_A_Name' } },
      permission_denied: denied({ bucket: `${bucket}-new` }),
    },
    deleteBucket: {
      not_found: { input: { bucket: elsewhere.bucket } },
      conflict: { input: { bucket }, before: put },
      permission_denied: denied({ bucket }),
    },
    listBuckets: { permission_denied: denied({}) },
    'objects.read': { not_found: { input: { bucket: elsewhere.bucket } }, permission_denied: denied({ bucket }) },
    'objects.listen': { not_found: { input: { bucket: elsewhere.bucket } }, permission_denied: denied({ bucket }) },
  },
  wrongCredentials: (target) => withToken(target, 'ya29.not-a-token-of-anybody'),
  withSecret: withToken,
  at: ({ config }, { host, port, secure }) => ({
    ...config,
    endpoint: `${secure ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`,
  }),
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
        async prepare(_db, target) {
          for (let number = 0; number < 8; number += 1)
            await putText(worldOf(target).simulator, bucket, `read/${number}`)
        },
        change: (_db, target) => admin(worldOf(target).simulator, 'DELETE', `/storage/v1/b/${bucket}/o/read%2F0`),
      },
      listen: {
        input: { bucket, prefix: 'listen/', intervalMs: 100, from: 'beginning' },
        async send(target, numbers) {
          for (const number of numbers) await putText(worldOf(target).simulator, bucket, `listen/${number}`)
        },
        numberOf: (event) => Number((event as { key: string }).key.split('/')[1]),
        unacknowledged: notApplicable('A store does not know who has seen what; the listener remembers it.'),
        deadLettered: notApplicable('A store has no dead letters.'),
        disconnect: (target) => worldOf(target).proxy.resetConnections(),
        silence: notApplicable('A request without an answer ends by timeouts.readMs.'),
        patienceMs: 8_000,
      },
    },
  },
})
