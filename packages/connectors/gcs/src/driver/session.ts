import type { SizedBytes, Upload } from '@casare/object-store'
import type { GcsClient } from '../gcs-client.ts'
import { send } from '../transport/send.ts'
import { wholeText } from '../transport/whole-text.ts'
import { uploadPath } from './addresses.ts'
import type { ObjectResource } from './resource.ts'
import { sessionOf } from './upload-id.ts'

/** How far a session is: bytes that Google has, or the object that it has become. */
export type Progress =
  | { readonly persisted: number; readonly made?: undefined }
  | { readonly persisted: number; readonly made: ObjectResource }

const incomplete = 308

/**
 * A request to a session (https://cloud.google.com/storage/docs/performing-resumable-uploads): bytes, the end, or, without
 * either, the question how far it is.
 */
export async function putToSession(
  client: GcsClient,
  upload: Upload,
  contentRange: string,
  signal: AbortSignal,
  body?: SizedBytes,
  crc32c?: string,
): Promise<Progress> {
  const headers = {
    'content-range': contentRange,
    // Google compares it before the object can be seen.
    ...(crc32c === undefined ? {} : { 'x-goog-hash': `crc32c=${crc32c}` }),
  }
  const sending = { method: 'PUT' as const, ...sessionAddress(upload), headers, body, accept: [incomplete] }
  const response = await send(client, sending, signal)
  const text = await wholeText(response)
  if (response.statusCode === incomplete) {
    const last = /^bytes=0-(\d+)$/.exec(response.headers.range ?? '')?.[1]
    return { persisted: last === undefined ? 0 : Number(last) + 1 }
  }
  const made = JSON.parse(text) as ObjectResource
  return { persisted: Number(made.size), made }
}

/** How far the session is. @throws StorageAnswerError 404 or 410 where it is over */
export function askSession(client: GcsClient, upload: Upload, signal: AbortSignal): Promise<Progress> {
  return putToSession(client, upload, 'bytes */*', signal)
}

export async function cancelSession(client: GcsClient, upload: Upload, signal: AbortSignal): Promise<void> {
  // 499 is Google's word for done; 400, 404 and 410 say that there is nothing to give up.
  const accept = [499, 400, 404, 410]
  const response = await send(client, { method: 'DELETE', ...sessionAddress(upload), accept }, signal)
  await wholeText(response)
}

function sessionAddress(upload: Upload) {
  const { id } = sessionOf(upload)
  return { path: uploadPath(upload.bucket), query: { uploadType: 'resumable', name: upload.key, upload_id: id } }
}
