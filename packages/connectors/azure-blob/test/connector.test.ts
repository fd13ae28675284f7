import {
  AccountSASPermissions,
  AccountSASResourceTypes,
  AccountSASServices,
  StorageSharedKeyCredential,
  generateAccountSASQueryParameters,
} from '@azure/storage-blob'
import {
  connectorSuite,
  faultProxy,
  notApplicable,
  type FaultProxy,
  type Peer,
  type Provocation,
  type Target,
} from '@casare/testing'
import { describeWithPeer } from '../../../../tools/peers/src/index.ts'
import { azureBlob } from '../src/index.ts'
import { account, accountKey, containerName, storageAt, type Storage } from './support.ts'

interface World extends Storage {
  readonly proxy: FaultProxy
}

await describeWithPeer('azurite', {}, (peer) => {
  const facts: Peer = {
    name: 'Azurite',
    get version() {
      return peer().version ?? 'unknown'
    },
    kind: 'other implementation',
  }
  const bucket = containerName()
  const at = { bucket, key: 'there' }
  const upload = { bucket, key: 'parts', uploadId: '0123456789abcdef' }
  const part = { upload, number: 1, offset: 0, last: true, body: { text: 'part' } }
  const sent = { number: 1, size: 4, etag: Buffer.from(`${upload.uploadId}-000001`).toString('base64') }
  const elsewhere = { bucket: 'casare-test-missing', key: 'k' }
  const missing = { input: elsewhere }
  const noUpload = { input: { upload: { ...upload, ...elsewhere } } }
  const worldOf = (target: Target): World => target as World

  const at_ = (
    { config }: Target,
    { host, port, secure }: { readonly host: string; readonly port: number; readonly secure: boolean },
  ) => ({
    ...config,
    endpoint: `${secure ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}/${account}`,
  })
  const withKey = ({ config }: Target, key: string) => ({
    ...config,
    credentials: { kind: 'accountKey', accountKey: key },
  })

  /** With a signature that allows nothing that the call needs. */
  const without = (input: unknown, allowed: string, before?: Provocation['before']): Provocation => ({
    input,
    ...(before === undefined ? {} : { before }),
    config({ config }) {
      const signature = generateAccountSASQueryParameters(
        {
          permissions: AccountSASPermissions.parse(allowed),
          services: AccountSASServices.parse('b').toString(),
          resourceTypes: AccountSASResourceTypes.parse('sco').toString(),
          expiresOn: new Date(Date.now() + 600_000),
        },
        new StorageSharedKeyCredential(account, accountKey),
      )
      return { ...config, credentials: { kind: 'sas', token: signature.toString() } }
    },
  })
  const denied = (input: unknown): Provocation => without(input, 'l')
  const put = (input: object) => (db: { $: { execute(name: string, input: unknown): Promise<unknown> } }) =>
    db.$.execute('putObject', { ...at, body: { text: 'there' }, ...input })
  const staged = (db: { $: { execute(name: string, input: unknown): Promise<unknown> } }) =>
    db.$.execute('uploadPart', part)
  const other = '"0x0000000000000000"'

  connectorSuite(azureBlob, {
    peer: facts,
    entry: import.meta.resolve('../src/index.ts'),
    async start() {
      const storage = await storageAt(peer().url, bucket)
      const container = storage.admin.getContainerClient(bucket)
      await container.getBlockBlobClient('there').upload('there', 5)
      const proxy = await faultProxy(storage.address as { host: string; port: number })
      return {
        ...storage,
        proxy,
        config: at_(storage, { host: '127.0.0.1', port: proxy.port, secure: false }),
        async close() {
          await storage.admin.getContainerClient(`${bucket}-new`).deleteIfExists()
          await storage.close()
          await proxy.close()
        },
      }
    },
    examples: {
      putObject: {
        input: { bucket, key: 'ü/new', body: { text: 'new' }, contentType: 'text/plain', metadata: { a: '1' } },
      },
      getObject: { input: at },
      headObject: { input: at },
      deleteObject: { input: { bucket, key: 'gone' } },
      deleteObjects: { input: { bucket, keys: ['gone', 'gone too'] } },
      copyObject: { input: { bucket, key: 'copy', source: at } },
      signUrl: { input: { ...at, expiresMs: 60_000 } },
      startUpload: { input: { bucket, key: 'parts' } },
      uploadPart: { input: part },
      listParts: { input: { upload }, before: staged },
      completeUpload: { input: { upload, parts: [sent] }, before: staged },
      abortUpload: { input: { upload } },
      createBucket: { input: { bucket: `${bucket}-new` } },
      deleteBucket: {
        input: { bucket: `${bucket}-new` },
        before: (db) => db.$.execute('createBucket', { bucket: `${bucket}-new` }),
      },
      listBuckets: { input: {} },
    },
    provocations: {
      putObject: {
        not_found: { input: { ...elsewhere, body: { text: '' } } },
        permission_denied: denied({ ...at, body: { text: '' } }),
        conflict: { input: { ...at, body: { text: '' }, ifNoneMatch: '*' }, before: put({}) },
      },
      getObject: {
        not_found: missing,
        permission_denied: denied(at),
        conflict: { input: { ...at, ifMatch: other }, before: put({}) },
        invalid_input: { input: { ...at, range: { offset: 5_000 } }, before: put({}) },
      },
      headObject: { not_found: missing, permission_denied: denied(at) },
      deleteObject: { not_found: missing, permission_denied: denied(at) },
      deleteObjects: { not_found: { input: { bucket: elsewhere.bucket, keys: ['k'] } } },
      copyObject: {
        not_found: { input: { bucket, key: 'copy', source: elsewhere } },
        permission_denied: denied({ bucket, key: 'copy', source: at }),
        conflict: { input: { bucket, key: 'copy', source: { ...at, ifMatch: other } }, before: put({}) },
      },
      startUpload: { not_found: missing, permission_denied: denied(at) },
      uploadPart: { not_found: { input: { ...part, upload: noUpload.input.upload } }, permission_denied: denied(part) },
      listParts: { not_found: noUpload, permission_denied: denied({ upload }) },
      completeUpload: {
        not_found: { input: { ...noUpload.input, parts: [sent] } },
        permission_denied: denied({ upload, parts: [sent] }),
        conflict: { input: { upload: { ...upload, uploadId: 'fedcba9876543210' }, parts: [sent] } },
      },
      abortUpload: { permission_denied: denied({ upload }) },
      createBucket: {
        already_exists: { input: { bucket } },
        invalid_input: { input: { bucket: 'Not_A_Name' } },
        permission_denied: denied({ bucket: `${bucket}-new` }),
      },
      deleteBucket: {
        not_found: { input: { bucket: elsewhere.bucket } },
        conflict: { input: { bucket }, before: put({}) },
        permission_denied: without({ bucket: `${bucket}-new` }, 'l', async (_db, target) => {
          await worldOf(target).admin.getContainerClient(`${bucket}-new`).createIfNotExists()
        }),
      },
      listBuckets: { permission_denied: without({}, 'r') },
      'objects.read': {
        not_found: { input: { bucket: elsewhere.bucket } },
        permission_denied: without({ bucket }, 'r'),
      },
      'objects.listen': {
        not_found: { input: { bucket: elsewhere.bucket } },
        permission_denied: without({ bucket }, 'r'),
      },
      'uploads.read': {
        not_found: { input: { bucket: elsewhere.bucket } },
        permission_denied: without({ bucket }, 'r'),
      },
    },
    wrongCredentials: notApplicable(
      'Azurite says AuthorizationFailure (no rights) to a wrong key, where Azure says AuthenticationFailed.',
    ),
    withSecret: withKey,
    at: at_,
    async echo(db, text) {
      const key = 'echo'
      await db.$.execute('putObject', { bucket, key, body: { text } })
      const answer = await db.$.execute('getObject', { bucket, key })
      if (!answer.success) return answer.error
      const { $bytes } = (answer.output as { body: { $bytes: string } }).body
      return Buffer.from($bytes, 'base64').toString()
    },
    streams: {
      objects: {
        read: {
          input: { bucket, prefix: 'read/' },
          count: 8,
          async prepare(_db, target) {
            const container = worldOf(target).admin.getContainerClient(bucket)
            for (let number = 0; number < 8; number += 1)
              await container.getBlockBlobClient(`read/${number}`).upload('x', 1)
          },
          async change(_db, target) {
            await worldOf(target).admin.getContainerClient(bucket).deleteBlob('read/0')
          },
        },
        listen: {
          input: { bucket, prefix: 'listen/', intervalMs: 100, from: 'beginning' },
          async send(target, numbers) {
            const container = worldOf(target).admin.getContainerClient(bucket)
            for (const number of numbers) await container.getBlockBlobClient(`listen/${number}`).upload('x', 1)
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
            const container = worldOf(target).admin.getContainerClient(bucket)
            for (let number = 0; number < 8; number += 1)
              await container.getBlockBlobClient(`unfinished/${number}`).stageBlock(sent.etag, 'part', 4)
          },
          change: notApplicable('An upload can be taken away only by making its blob.'),
        },
      },
    },
  })
})
