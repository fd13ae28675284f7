import { ConnectorError } from '@casare/core'
import type { ObjectDriver } from '@casare/object-store'
import type { AzureBlobClient } from '../azure-blob-client.ts'
import { containerAt } from './container-at.ts'
import { firstPage } from './listing.ts'

type Driver = ObjectDriver<AzureBlobClient>

export const createBucket: Driver['createBucket'] = async (client, bucket, { signal }) => {
  await containerAt(client, bucket).create({ abortSignal: signal })
}

/** Azure deletes a container with all that is in it. Ours is refused then; what comes between look and deletion is lost. */
export const deleteBucket: Driver['deleteBucket'] = async (client, bucket, { signal }) => {
  const container = containerAt(client, bucket)
  const { segment } = await firstPage(container.listBlobsFlat({ abortSignal: signal }).byPage({ maxPageSize: 1 }))
  if (segment.blobItems.length > 0)
    throw new ConnectorError({
      code: 'conflict',
      message: `The container ${bucket} is not empty. Delete its blobs first.`,
    })
  await container.delete({ abortSignal: signal })
}

export const listBuckets: Driver['listBuckets'] = async ({ sdk }, { signal }) => {
  const found: { name: string }[] = []
  for await (const { name } of sdk.listContainers({ abortSignal: signal })) found.push({ name })
  return found
}
