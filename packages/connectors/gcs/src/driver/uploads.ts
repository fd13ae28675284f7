import { ConnectorError, invalidInput } from '@casare/core'
import type { ObjectDriver, Upload, UploadedPart } from '@casare/object-store'
import { joinCrc32c } from '../checksum/crc32c.ts'
import type { GcsClient } from '../gcs-client.ts'
import { send } from '../transport/send.ts'
import { inMemory } from '../transport/send-json.ts'
import { wholeText } from '../transport/whole-text.ts'
import { checkedKey, uploadPath, writeCondition } from './addresses.ts'
import { resourceOf, storedOf, type ObjectResource } from './resource.ts'
import { askSession, cancelSession, putToSession } from './session.ts'
import { sessionOf, uploadIdOf } from './upload-id.ts'
import { checkArrival } from './writing.ts'

type Driver = ObjectDriver<GcsClient>
export { uploadPart } from './upload-part.ts'

export const startUpload: Driver['startUpload'] = async (client, request, { signal, redactor }) => {
  const { bucket, key, size, partBytes } = request
  const match = writeCondition(request)
  const body = inMemory(Buffer.from(JSON.stringify({ name: checkedKey(key), ...resourceOf(request) })))
  const headers = {
    'content-type': 'application/json; charset=UTF-8',
    ...(size === undefined ? {} : { 'x-upload-content-length': String(size) }),
  }
  const query = { uploadType: 'resumable', ifGenerationMatch: match }
  const sending = { method: 'POST' as const, path: uploadPath(bucket), query, headers, body }
  const response = await send(client, sending, signal)
  await wholeText(response)
  const location = response.headers.location ?? ''
  const id = URL.canParse(location) ? new URL(location).searchParams.get('upload_id') : null
  if (id === null)
    throw new ConnectorError({
      code: 'internal',
      message: 'Google Cloud Storage began an upload and did not say where.',
    })
  redactor.add(id)
  const uploadId = uploadIdOf({ id, partBytes, size, match })
  client.uploads.set(uploadId, { persisted: 0 })
  return { bucket, key, uploadId }
}

/** Google counts bytes, not parts: the parts are those of the size that was told when the upload began. */
export const listParts: Driver['listParts'] = async (client, upload, { signal }) => {
  const { partBytes } = sessionOf(upload)
  const { persisted, made } = await askSession(client, upload, signal)
  client.uploads.set(upload.uploadId, { ...client.uploads.get(upload.uploadId), persisted, made })
  if (persisted === 0 && made === undefined) return []
  if (partBytes === undefined)
    throw new ConnectorError({
      code: 'unsupported',
      message: `Google Cloud Storage has ${persisted} bytes of this upload and knows no parts: tell startUpload partBytes to have them listed.`,
    })
  const whole = Math.floor(persisted / partBytes)
  const parts = Array.from({ length: whole }, (_one, index): UploadedPart => part(index + 1, partBytes))
  const rest = persisted - whole * partBytes
  // A part that has not arrived as a whole is sent again from where it is.
  return made === undefined || (rest === 0 && whole > 0) ? parts : [...parts, part(whole + 1, rest)]
}

/** What was sent by somebody else has no receipt. */
const part = (number: number, size: number): UploadedPart => ({ number, size, etag: '' })

export const completeUpload: Driver['completeUpload'] = async (client, request, call) => {
  const { upload, parts } = request
  const match = writeCondition(request)
  if (match !== undefined && match !== sessionOf(upload).match)
    throw invalidInput('Google Cloud Storage takes conditions when an upload begins: give them to startUpload, too.')
  const size = parts.reduce((sum, { size: bytes }) => sum + bytes, 0)
  const sum = joined(parts)
  const made = await finished(client, upload, size, sum, call.signal)
  client.uploads.delete(upload.uploadId)
  if (Number(made.size) !== size) throw missingParts(upload, Number(made.size), size)
  if (sum !== undefined) await checkArrival(client, upload, made, sum, false, call)
  return storedOf(made)
}

/** The object is made by its last bytes; where these were not said to be the last, they are now. */
async function finished(
  client: GcsClient,
  upload: Upload,
  size: number,
  sum: string | undefined,
  signal: AbortSignal,
): Promise<ObjectResource> {
  const known = client.uploads.get(upload.uploadId)?.made
  if (known !== undefined) return known
  const { made, persisted } = await askSession(client, upload, signal)
  if (made !== undefined) return made
  if (persisted !== size) throw missingParts(upload, persisted, size)
  const { made: ended } = await putToSession(client, upload, `bytes */${size}`, signal, undefined, sum)
  if (ended === undefined) throw missingParts(upload, persisted, size)
  return ended
}

/** The sum over all, where each part was sent by us; its receipt is its sum. */
function joined(parts: readonly UploadedPart[]): string | undefined {
  let sum: string | undefined
  for (const { etag, size } of parts) {
    if (!/^[\w+/]{6}==$/.test(etag)) return undefined
    sum = sum === undefined ? etag : joinCrc32c(sum, etag, size)
  }
  return sum
}

function missingParts({ bucket, key }: Upload, present: number, expected: number): ConnectorError {
  return new ConnectorError({
    code: 'conflict',
    message: `The upload of ${bucket}/${key} has ${present} bytes at Google Cloud Storage, its parts ${expected}.`,
  })
}

/** An upload whose last part has arrived is an object, and stays. */
export const abortUpload: Driver['abortUpload'] = async (client, upload, { signal }) => {
  client.uploads.delete(upload.uploadId)
  await cancelSession(client, upload, signal)
}
