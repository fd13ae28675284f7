import { ConnectorError, invalidInput } from '@casare/core'
import type { ObjectDriver } from '@casare/object-store'
import { crc32cOf, joinCrc32c } from '../checksum/crc32c.ts'
import type { GcsClient } from '../gcs-client.ts'
import { inMemory } from '../transport/send-json.ts'
import { granule } from './limits.ts'
import { PartStream } from './part-stream.ts'
import { askSession, putToSession, type Progress } from './session.ts'
import { sessionOf } from './upload-id.ts'
import type { KnownUpload } from './upload-memory.ts'

type Driver = ObjectDriver<GcsClient>
type Request = Parameters<Driver['uploadPart']>[1]
type Known = KnownUpload & { readonly persisted: number }

/**
 * Sends what Google does not have of a part yet. The last part makes the object: its last bytes are sent from memory, along
 * with the sum over all where that is known, so that damaged bytes do not become one.
 */
export const uploadPart: Driver['uploadPart'] = async (client, request, { signal }) => {
  const { upload, number, offset, last, body } = request
  const { length } = body
  if (!last && (length === 0 || length % granule !== 0))
    throw invalidInput(`Every part but the last has a multiple of ${granule} bytes here; part ${number} has ${length}.`)
  const known = await standing(client, request, signal)
  if (known.persisted < offset)
    throw refused(request, `only ${known.persisted} of the ${offset} bytes before it are there`)
  if (known.made !== undefined && !(last && known.persisted === offset + length))
    throw refused(request, `the upload is complete, with ${known.persisted} bytes`)
  const { uploads } = client
  // Until it is answered, nobody knows how far the session is.
  uploads.set(upload.uploadId, { sum: known.sum })
  const { sum, ...progress } = await sendRest(client, request, known, signal)
  const crc32c = wholeSum(known, offset, sum, length)
  uploads.set(upload.uploadId, {
    ...progress,
    ...(crc32c === undefined ? {} : { sum: { bytes: offset + length, crc32c } }),
  })
  return { number, size: length, etag: sum }
}

/** How far the session is: as this process knows it, else as Google says. */
async function standing(client: GcsClient, { upload }: Request, signal: AbortSignal): Promise<Known> {
  const known = client.uploads.get(upload.uploadId)
  if (known?.persisted !== undefined) return { ...known, persisted: known.persisted }
  return { ...known, ...(await askSession(client, upload, signal)) }
}

/** The sum over all bytes up to the end of the part. */
function wholeSum({ sum }: KnownUpload, offset: number, part: string, length: number): string | undefined {
  if (offset === 0) return part
  return sum?.bytes === offset ? joinCrc32c(sum.crc32c, part, length) : undefined
}

async function sendRest(
  client: GcsClient,
  request: Request,
  known: Known,
  signal: AbortSignal,
): Promise<Progress & { readonly sum: string }> {
  const { upload, offset, last, body } = request
  const { persisted, made } = known
  const end = offset + body.length
  const total = sessionOf(upload).size ?? '*'
  const put = async (from: number, to: number, bytes: Parameters<typeof putToSession>[4]): Promise<Progress> => {
    const progress = await putToSession(client, upload, `bytes ${from}-${to - 1}/${total}`, signal, bytes)
    if (progress.persisted !== to) throw takenInPart(request, progress.persisted - from, to - from)
    return progress
  }
  const finish = async (bytes: Uint8Array, sum: string): Promise<Progress> => {
    const from = end - bytes.byteLength
    const range = bytes.byteLength === 0 ? `bytes */${end}` : `bytes ${from}-${end - 1}/${end}`
    const whole = wholeSum(known, offset, sum, body.length)
    const progress = await putToSession(client, upload, range, signal, inMemory(bytes), whole)
    if (progress.made === undefined) throw takenInPart(request, progress.persisted - from, bytes.byteLength)
    return progress
  }

  if (body.bytes !== undefined) {
    const sum = crc32cOf(body.bytes)
    if (made !== undefined) return { persisted, made, sum }
    const rest = body.bytes.subarray(Math.min(persisted - offset, body.length))
    if (last) return { ...(await finish(rest, sum)), sum }
    return rest.byteLength === 0 ? { persisted, sum } : { ...(await put(persisted, end, inMemory(rest))), sum }
  }
  // Up to a granule of the last part waits in memory: what is sent before it has to be a multiple.
  const waiting = last && body.length > 0 ? ((body.length - 1) % granule) + 1 : 0
  const until = end - waiting
  const stream = new PartStream(body, persisted - offset, until - offset)
  let progress: Progress = made === undefined ? { persisted } : { persisted, made }
  if (made === undefined && persisted < until)
    progress = await put(persisted, until, { length: until - persisted, open: () => stream.open() })
  else await stream.pass()
  const sum = stream.sum()
  if (last && made === undefined) progress = await finish(stream.rest(), sum)
  return { ...progress, sum }
}

function refused({ upload, number }: Request, why: string): ConnectorError {
  return new ConnectorError({
    code: 'conflict',
    message: `Part ${number} of ${upload.bucket}/${upload.key} cannot be sent: ${why}. Google Cloud Storage takes parts one after the other.`,
  })
}

function takenInPart({ upload, number }: Request, taken: number, sent: number): ConnectorError {
  return new ConnectorError({
    code: 'unavailable',
    applied: 'maybe',
    message: `Google Cloud Storage took ${taken} of ${sent} bytes of part ${number} of ${upload.bucket}/${upload.key}.`,
  })
}
