import type { S3Client, UploadPartCommandInput } from '@aws-sdk/client-s3'
import { ConnectorError, type CallContext } from '@casare/core'
import type { ObjectDriver, Upload, UploadedPart } from '@casare/object-store'
import { isNamed, toError } from '../errors.ts'
import { conditionsOf, fieldsOf } from './attributes.ts'
import { decoded } from './listing.ts'
import { at, head } from './objects.ts'
import { sentBody } from './sent-body.ts'
import { unsignedPayload } from './unsigned-payload.ts'

type Driver = ObjectDriver<S3Client>

const commands = () => import('@aws-sdk/client-s3')
const of = (upload: Upload) => ({ ...at(upload), UploadId: upload.uploadId })

export const startUpload: Driver['startUpload'] = async (client, request, { signal, vendor }) => {
  const { CreateMultipartUploadCommand } = await commands()
  const fields = { ...(vendor as object | undefined), ...at(request), ...fieldsOf(request) }
  const answer = await client.send(new CreateMultipartUploadCommand(fields), { abortSignal: signal })
  return { bucket: request.bucket, key: request.key, uploadId: answer.UploadId ?? '' }
}

/** A key of the customer's own goes with every part. */
function customerKey(vendor: unknown): Partial<UploadPartCommandInput> {
  const { SSECustomerAlgorithm, SSECustomerKey, SSECustomerKeyMD5 } = (vendor ?? {}) as Partial<UploadPartCommandInput>
  return SSECustomerKey === undefined ? {} : { SSECustomerAlgorithm, SSECustomerKey, SSECustomerKeyMD5 }
}

export const uploadPart: Driver['uploadPart'] = async (client, { upload, number, body }, { signal, vendor }) => {
  const { UploadPartCommand } = await commands()
  const { fields, check } = sentBody(body)
  const command = new UploadPartCommand({ ...customerKey(vendor), ...of(upload), PartNumber: number, ...fields })
  if (body.bytes !== undefined)
    command.middlewareStack.add(unsignedPayload, { step: 'build', name: 'casareUnsignedPayload' })
  const answer = await client.send(command, { abortSignal: signal })
  check(answer, `Part ${number} of ${upload.bucket}/${upload.key}`)
  return { number, size: body.length, etag: answer.ETag ?? '' }
}

export const listParts: Driver['listParts'] = async (client, upload, { signal }) => {
  const { ListPartsCommand } = await commands()
  const parts: UploadedPart[] = []
  let marker: string | undefined
  do {
    const command = new ListPartsCommand({
      ...of(upload),
      ...(marker === undefined ? {} : { PartNumberMarker: marker }),
    })
    const answer = await client.send(command, { abortSignal: signal })
    for (const { PartNumber = 0, Size = 0, ETag = '' } of answer.Parts ?? [])
      parts.push({ number: PartNumber, size: Size, etag: ETag })
    marker = answer.IsTruncated === true ? answer.NextPartNumberMarker : undefined
  } while (marker !== undefined)
  return parts
}

export const completeUpload: Driver['completeUpload'] = async (client, { upload, parts, ...request }, call) => {
  const { CompleteMultipartUploadCommand } = await commands()
  // Some stores take no conditions here: a look leaves them a moment to be wrong in, instead of the whole upload.
  if (request.ifNoneMatch !== undefined || request.ifMatch !== undefined)
    await checkConditions(client, upload, request, call)
  const command = new CompleteMultipartUploadCommand({
    ...of(upload),
    ...conditionsOf(request),
    MultipartUpload: { Parts: parts.map(({ number, etag }) => ({ PartNumber: number, ETag: etag })) },
  })
  const { ETag, VersionId: version } = await client.send(command, { abortSignal: call.signal })
  // Some stores do not tell the etag here.
  const etag = ETag !== undefined && ETag !== '' && ETag !== '""' ? ETag : (await head(client, upload, call)).etag
  return { etag, version }
}

/** @throws `conflict` where the object that is there does not meet the conditions */
async function checkConditions(
  client: S3Client,
  upload: Upload,
  { ifMatch, ifNoneMatch }: { ifMatch?: string | undefined; ifNoneMatch?: string | undefined },
  call: CallContext,
): Promise<void> {
  const there = await head(client, upload, call).catch((error: unknown) => {
    if (isNamed(error, 'NotFound', 'NoSuchKey')) return undefined
    throw error
  })
  const met = ifNoneMatch === undefined ? there?.etag === ifMatch : there === undefined
  if (!met)
    throw new ConnectorError({
      code: 'conflict',
      message: `${upload.bucket}/${upload.key} is not what the conditions of the upload ask for.`,
    })
}

export const abortUpload: Driver['abortUpload'] = async (client, upload, { signal }) => {
  const { AbortMultipartUploadCommand } = await commands()
  await client.send(new AbortMultipartUploadCommand(of(upload)), { abortSignal: signal }).catch((error: unknown) => {
    if (toError(error)?.code !== 'not_found') throw error
  })
}

export const listUploads: Driver['listUploads'] = async (client, request, { signal }) => {
  const { ListMultipartUploadsCommand } = await commands()
  const { bucket, prefix, position, maxRecords } = request
  const [KeyMarker, UploadIdMarker] = (position?.token === undefined ? [] : JSON.parse(position.token)) as string[]
  const command = new ListMultipartUploadsCommand({
    Bucket: bucket,
    EncodingType: 'url',
    MaxUploads: maxRecords,
    ...(prefix === undefined ? {} : { Prefix: prefix }),
    ...(KeyMarker === undefined ? {} : { KeyMarker, UploadIdMarker }),
  })
  const answer = await client.send(command, { abortSignal: signal })
  const token = JSON.stringify([decoded(answer.NextKeyMarker), answer.NextUploadIdMarker ?? ''])
  return {
    uploads: (answer.Uploads ?? []).map(({ Key, UploadId = '', Initiated }) => ({
      key: decoded(Key),
      uploadId: UploadId,
      ...(Initiated === undefined ? {} : { startedAt: Initiated.toISOString() }),
    })),
    ...(answer.IsTruncated === true ? { next: { token } } : {}),
  }
}
