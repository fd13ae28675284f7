import { objectStoreSuite } from '@casare/testing'
import { describeWithPeer } from '../../../../tools/peers/src/index.ts'
import { s3 } from '../src/index.ts'
import { bucketName, storageAt } from './support.ts'

await describeWithPeer('radosgw', {}, (peer) => {
  objectStoreSuite(s3, {
    peer: {
      name: 'Ceph RADOS Gateway',
      get version() {
        return peer().version ?? 'unknown'
      },
      kind: 'other implementation',
    },
    start: async () => storageAt(peer().url),
    bucketName,
    partBytes: 5 * 1024 * 1024,
  })
})
