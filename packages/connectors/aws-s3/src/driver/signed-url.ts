import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { Secret } from '@casare/core'
import { at, type SignRequest } from './objects.ts'

/** A URL signed with the connection's credentials (https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html); it ends with them at the latest. */
export async function signedUrl(client: S3Client, request: SignRequest): Promise<Secret> {
  const { method, expiresMs, contentType, contentDisposition } = request
  const expiresIn = Math.ceil(expiresMs / 1_000)
  const url =
    method === 'GET'
      ? await getSignedUrl(
          client,
          new GetObjectCommand({
            ...at(request),
            ...(contentDisposition === undefined ? {} : { ResponseContentDisposition: contentDisposition }),
          }),
          { expiresIn },
        )
      : await getSignedUrl(
          client,
          new PutObjectCommand({ ...at(request), ...(contentType === undefined ? {} : { ContentType: contentType }) }),
          { expiresIn, ...(contentType === undefined ? {} : { signableHeaders: new Set(['content-type', 'host']) }) },
        )
  return new Secret(url)
}
