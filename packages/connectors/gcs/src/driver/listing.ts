import type { ObjectDriver } from '@casare/object-store'
import type { GcsClient } from '../gcs-client.ts'
import { sendJson } from '../transport/send-json.ts'
import { objectsPath } from './addresses.ts'
import { listedOf, type ObjectResource } from './resource.ts'

type Driver = ObjectDriver<GcsClient>

const mostPerPage = 1_000

interface ListedPage {
  readonly items?: readonly ObjectResource[]
  readonly prefixes?: readonly string[]
  readonly nextPageToken?: string
}

/** https://cloud.google.com/storage/docs/json_api/v1/objects/list */
export const list: Driver['list'] = async (client, { bucket, prefix, delimiter, position, maxRecords }, { signal }) => {
  const { token, after } = position ?? {}
  const query = {
    prefix,
    delimiter,
    pageToken: token,
    startOffset: after,
    maxResults: String(Math.min(maxRecords, mostPerPage)),
    fields: 'items(name,size,generation,timeCreated,storageClass),prefixes,nextPageToken',
  }
  const page = await sendJson<ListedPage>(client, { method: 'GET', path: objectsPath(bucket), query }, signal)
  // Google begins with the name itself, and with the prefix that it belongs to.
  const wanted = (name: string): boolean =>
    after === undefined || Buffer.compare(Buffer.from(name), Buffer.from(after)) > 0
  const { items = [], prefixes = [], nextPageToken } = page
  return {
    objects: items.map(listedOf).filter(({ key }) => wanted(key)),
    prefixes: prefixes.filter(wanted),
    ...(nextPageToken === undefined
      ? {}
      : { next: { token: nextPageToken, ...(after === undefined ? {} : { after }) } }),
  }
}
