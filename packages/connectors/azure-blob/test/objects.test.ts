import { objectStoreSuite } from '@casare/testing'
import { describeWithPeer } from '../../../../tools/peers/src/index.ts'
import { azureBlob } from '../src/index.ts'
import { containerName, storageAt } from './support.ts'

await describeWithPeer('azurite', {}, (peer) => {
  objectStoreSuite(azureBlob, {
    peer: {
      name: 'Azurite',
      get version() {
        return peer().version ?? 'unknown'
      },
      kind: 'other implementation',
    },
    start: () => storageAt(peer().url),
    bucketName: containerName,
    partBytes: 200_000,
    refusedKeys: ['a/../b', '../up', '\\back\\slash'],
    putHeaders: { 'x-ms-blob-type': 'BlockBlob' },
  })
})
