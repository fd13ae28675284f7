import type { ListedObject, ObjectDriver } from '@casare/object-store'
import type { AzureBlobClient } from '../azure-blob-client.ts'
import { containerAt } from './container-at.ts'
import { quoted } from './attributes.ts'

type Driver = ObjectDriver<AzureBlobClient>

interface BlobItem {
  readonly name: string
  readonly properties: {
    readonly contentLength?: number | undefined
    readonly etag: string
    readonly lastModified: Date
    readonly accessTier?: string | undefined
  }
}

/** One page of a list, as the SDK hands it out. */
interface ListedPage {
  readonly segment: {
    readonly blobItems: readonly BlobItem[]
    readonly blobPrefixes?: readonly { readonly name: string }[]
  }
  readonly continuationToken?: string | undefined
}

/** The SDK's pages end with a value of any type; there is always a first one. */
export async function firstPage<Page>(pages: AsyncIterator<Page, unknown>): Promise<Page> {
  const { value } = await pages.next()
  return value as Page
}

export const list: Driver['list'] = async (client, { bucket, prefix, delimiter, position, maxRecords }, { signal }) => {
  const container = containerAt(client, bucket)
  const { token, after } = position ?? {}
  const options = {
    abortSignal: signal,
    ...(prefix === undefined ? {} : { prefix }),
    // Older services do not know it and begin at the beginning: what is not wanted is left out below.
    ...(after === undefined || token !== undefined ? {} : { startFrom: after }),
  }
  const page = { maxPageSize: maxRecords, ...(token === undefined ? {} : { continuationToken: token }) }
  const pages =
    delimiter === undefined
      ? container.listBlobsFlat(options).byPage(page)
      : container.listBlobsByHierarchy(delimiter, options).byPage(page)
  const { segment, continuationToken: next } = await firstPage<ListedPage>(pages)
  const wanted = (name: string): boolean =>
    after === undefined || Buffer.compare(Buffer.from(name), Buffer.from(after)) > 0
  return {
    objects: segment.blobItems.map(listed).filter(({ key }) => wanted(key)),
    prefixes: (segment.blobPrefixes ?? []).map(({ name }) => name).filter(wanted),
    // What is to be left out may go on for pages.
    ...(next === undefined || next === ''
      ? {}
      : { next: after === undefined ? { token: next } : { token: next, after } }),
  }
}

function listed({ name, properties }: BlobItem): ListedObject {
  const { contentLength = 0, etag, lastModified, accessTier } = properties
  return {
    key: name,
    size: contentLength,
    etag: quoted(etag),
    lastModified: lastModified.toISOString(),
    ...(accessTier === undefined ? {} : { storageClass: accessTier }),
  }
}
