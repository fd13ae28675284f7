import { invalidInput } from '@casare/core'
import type { ContainerClient } from '@azure/storage-blob'
import type { AzureBlobClient } from '../azure-blob-client.ts'

/** https://learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata */
const containerName = /^(?:\$root|\$web|\$logs|[a-z0-9](?:-?[a-z0-9]){2,62})$/

/** @throws `invalid_input` for what is no name of a container: the SDK would take it for a part of an address */
export function containerAt({ sdk }: AzureBlobClient, bucket: string): ContainerClient {
  if (!containerName.test(bucket))
    throw invalidInput(
      `${JSON.stringify(bucket)} is no name of a container: 3 to 63 small letters, digits and single hyphens between them.`,
    )
  return sdk.getContainerClient(bucket)
}
