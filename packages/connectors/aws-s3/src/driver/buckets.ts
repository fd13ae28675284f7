import type { BucketLocationConstraint, S3Client } from '@aws-sdk/client-s3'
import { ConnectorError } from '@casare/core'
import type { ObjectDriver } from '@casare/object-store'

type Driver = ObjectDriver<S3Client>

const commands = () => import('@aws-sdk/client-s3')

/** In us-east-1 and in many other stores, making one's own bucket again succeeds: so we look first. */
export const createBucket: Driver['createBucket'] = async (client, bucket, { signal }) => {
  const { CreateBucketCommand, HeadBucketCommand } = await commands()
  const there = await client.send(new HeadBucketCommand({ Bucket: bucket }), { abortSignal: signal }).then(
    () => true,
    () => false,
  )
  if (there) throw new ConnectorError({ code: 'already_exists', message: `There is a bucket ${bucket} already.` })
  const region = await client.config.region()
  const elsewhere = region === 'us-east-1' ? {} : { LocationConstraint: region as BucketLocationConstraint }
  const configuration = Object.keys(elsewhere).length === 0 ? {} : { CreateBucketConfiguration: elsewhere }
  await client.send(new CreateBucketCommand({ Bucket: bucket, ...configuration }), { abortSignal: signal })
}

export const deleteBucket: Driver['deleteBucket'] = async (client, bucket, { signal }) => {
  const { DeleteBucketCommand } = await commands()
  await client.send(new DeleteBucketCommand({ Bucket: bucket }), { abortSignal: signal })
}

export const listBuckets: Driver['listBuckets'] = async (client, { signal }) => {
  const { ListBucketsCommand } = await commands()
  const { Buckets = [] } = await client.send(new ListBucketsCommand({}), { abortSignal: signal })
  return Buckets.map(({ Name = '', CreationDate }) => ({
    name: Name,
    ...(CreationDate === undefined ? {} : { createdAt: CreationDate.toISOString() }),
  }))
}
