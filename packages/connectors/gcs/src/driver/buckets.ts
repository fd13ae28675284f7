import { ConnectorError } from '@casare/core'
import type { ObjectDriver } from '@casare/object-store'
import type { GcsClient } from '../gcs-client.ts'
import { StorageAnswerError } from '../transport/answer-error.ts'
import { sendJson } from '../transport/send-json.ts'
import { checkedBucket } from './addresses.ts'

type Driver = ObjectDriver<GcsClient>

const path = '/storage/v1/b'

export const createBucket: Driver['createBucket'] = async (client, bucket, { signal }) => {
  const json = { name: checkedBucket(bucket) }
  const query = { project: await client.projectId() }
  try {
    await sendJson(client, { method: 'POST', path, query, json }, signal)
  } catch (cause) {
    if (!(cause instanceof StorageAnswerError) || cause.status !== 409) throw cause
    throw new ConnectorError({
      code: 'already_exists',
      message: `There is a bucket ${bucket}; the names are those of all users of Google. (${cause.message})`,
      status: 409,
      cause,
    })
  }
}

/** Google refuses a bucket that is not empty. */
export const deleteBucket: Driver['deleteBucket'] = async (client, bucket, { signal }) => {
  await sendJson(client, { method: 'DELETE', path: `${path}/${checkedBucket(bucket)}` }, signal)
}

interface BucketsPage {
  readonly items?: readonly { readonly name: string; readonly timeCreated?: string }[]
  readonly nextPageToken?: string
}

export const listBuckets: Driver['listBuckets'] = async (client, { signal }) => {
  const found: { name: string; createdAt?: string }[] = []
  const project = await client.projectId()
  let pageToken: string | undefined
  do {
    const query = { project, pageToken, fields: 'items(name,timeCreated),nextPageToken' }
    const page = await sendJson<BucketsPage>(client, { method: 'GET', path, query }, signal)
    for (const { name, timeCreated } of page.items ?? [])
      found.push({ name, ...(timeCreated === undefined ? {} : { createdAt: timeCreated }) })
    pageToken = page.nextPageToken
  } while (pageToken !== undefined)
  return found
}
