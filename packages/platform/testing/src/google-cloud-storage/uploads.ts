import { ApiError, invalid, notFound } from './api-error.ts'
import { headerOf, jsonBody, type Call, type Reply } from './call.ts'
import { checkConditions, conditionsOf, type Conditions } from './conditions.ts'
import { objectResource } from './resources.ts'
import { ArrivingBytes, checkSums, sumsInHeader } from './stored-bytes.ts'
import { attributesOf, randomId, type Attributes, type Generation, type Store } from './store.ts'

/** Bytes are kept, and chunks but the last are cut, in multiples of this. */
const granule = 256 * 1024
const weekMs = 7 * 24 * 3_600_000

interface Session {
  readonly id: string
  readonly bucket: string
  readonly name: string
  readonly resource: Readonly<Record<string, unknown>>
  readonly attributes: Attributes
  readonly conditions: Conditions
  readonly declaredSize: number | undefined
  readonly startedAt: number
  readonly arrived: ArrivingBytes
  state: 'open' | 'cancelled' | 'expired' | 'failed'
  made: Generation | undefined
  /** Ends the request whose bytes are coming in, with what has come. */
  takeOver: (() => void) | undefined
}

/** What a Content-Range says: a question (`bytes *\/…`), or where bytes belong. Without `to` and `total` the object ends with them. */
type SentRange =
  | { readonly kind: 'question'; readonly total?: number }
  | { readonly kind: 'bytes'; readonly from: number; readonly to?: number; readonly total?: number }

/** Resumable uploads (https://cloud.google.com/storage/docs/performing-resumable-uploads). */
export class Uploads {
  readonly #store: Store
  readonly #sessions = new Map<string, Session>()
  /** How long a session lives, in milliseconds; Google's live a week. */
  lifetimeMs = weekMs

  constructor(store: Store) {
    this.#store = store
  }

  /** How many sessions are open: begun, and neither finished nor given up. */
  get open(): number {
    return [...this.#sessions.values()].filter(({ state, made }) => state === 'open' && made === undefined).length
  }

  expireAll(): void {
    for (const session of this.#sessions.values()) if (session.made === undefined) this.#end(session, 'expired')
  }

  /** `POST …/o?uploadType=resumable`: answers with the address of the session. */
  async start(call: Call, bucket: string): Promise<Reply> {
    const resource = await jsonBody(call)
    const name = call.query.get('name') ?? resource['name']
    if (typeof name !== 'string' || name === '') throw new ApiError(400, 'required', 'Required')
    const conditions = conditionsOf(call.query)
    checkConditions(this.#store.find(bucket, name), conditions)
    const declared = headerOf(call, 'x-upload-content-length')
    const contentType = headerOf(call, 'x-upload-content-type')
    const session: Session = {
      id: randomId(),
      bucket,
      name,
      resource,
      attributes: attributesOf({ ...(contentType === undefined ? {} : { contentType }), ...resource }),
      conditions,
      declaredSize: declared === undefined ? undefined : Number(declared),
      startedAt: Date.now(),
      arrived: new ArrivingBytes(this.#store.budget),
      state: 'open',
      made: undefined,
      takeOver: undefined,
    }
    this.#sessions.set(session.id, session)
    const query = new URLSearchParams({ uploadType: 'resumable', name, upload_id: session.id })
    const location = `${call.origin}/upload/storage/v1/b/${bucket}/o?${query.toString()}`
    return { status: 200, headers: { location, 'x-guploader-uploadid': session.id } }
  }

  /** `DELETE` of a session: 499, as Google says it. */
  cancel(id: string): Reply {
    const session = this.#session(id)
    if (session.made !== undefined) throw invalid('The upload is complete.')
    this.#end(session, 'cancelled')
    return { status: 499 }
  }

  /** `PUT` to a session: bytes, the question how far it is, or the end. */
  async put(call: Call, id: string): Promise<Reply> {
    const session = this.#session(id)
    const { arrived } = session
    const range = rangeIn(headerOf(call, 'content-range'))
    // Of two requests the later one counts: the connection of the earlier may be dead.
    session.takeOver?.()
    // Said again after the end, whatever was sent: the answer may have been lost.
    if (session.made !== undefined) {
      for await (const _ignored of call.body);
      return { status: 200, json: objectResource(session.made, call.origin) }
    }
    const { total = session.declaredSize } = range
    if (session.declaredSize !== undefined && total !== session.declaredSize)
      throw invalid(`X-Upload-Content-Length was ${session.declaredSize}; the Content-Range says ${String(total)}.`)
    if (range.kind === 'question')
      return range.total === arrived.size ? this.#finish(call, session) : incomplete(session)
    if (range.from > arrived.size)
      throw invalid(
        `Invalid request. According to the Content-Range header, the upload offset is ${range.from} byte(s), which exceeds already uploaded size of ${arrived.size} byte(s).`,
      )
    const end = range.to ?? total
    const last = end === undefined || end === total
    if (!last && (end - arrived.size) % granule !== 0)
      throw invalid(
        `Invalid request. The number of bytes uploaded is required to be a multiple of ${granule}, except for the final request. The received request contained ${end - range.from} bytes, which does not meet this requirement.`,
      )
    await this.#receive(call, session, range.from)
    if (end !== undefined && arrived.size < end)
      throw invalid(`The Content-Range ends at ${end}; ${arrived.size} bytes have come.`)
    return last ? this.#finish(call, session) : incomplete(session)
  }

  /** Takes what has not been taken yet; of a request that is cut, whole granules. */
  async #receive({ body }: Call, session: Session, from: number): Promise<void> {
    const { arrived } = session
    let skip = arrived.size - from
    let held: Uint8Array[] = []
    let size = 0
    let over = false
    const keep = (bytes: number): void => {
      if (bytes === 0 || over || session.state !== 'open') return
      const all = Buffer.concat(held)
      arrived.add(all.subarray(0, bytes))
      held = [all.subarray(bytes)]
      size -= bytes
    }
    const whole = (): number => size - ((arrived.size + size) % granule)
    const takeOver = (): void => {
      keep(whole())
      over = true
    }
    session.takeOver = takeOver
    try {
      for await (const chunk of body) {
        const fresh = chunk.subarray(Math.min(skip, chunk.byteLength))
        skip -= chunk.byteLength - fresh.byteLength
        held.push(fresh)
        size += fresh.byteLength
        if (over) held = []
        else if (size >= 4 * granule) keep(whole())
      }
      keep(size)
    } catch (error) {
      if (error instanceof ApiError) this.#end(session, 'failed')
      takeOver()
      throw error
    } finally {
      if (session.takeOver === takeOver) session.takeOver = undefined
    }
    if (over) throw new ApiError(503, 'backendError', 'Another request for this upload has come.')
  }

  #finish(call: Call, session: Session): Reply {
    const { arrived, bucket, name, attributes, conditions } = session
    const sums = arrived.sums()
    try {
      checkSums(sums, session.resource)
      checkSums(sums, sumsInHeader(headerOf(call, 'x-goog-hash')))
      const { chunks, size } = arrived
      session.made = this.#store.put(bucket, name, { chunks, size, sums }, attributes, conditions)
    } catch (error) {
      this.#end(session, 'failed')
      throw error
    }
    return { status: 200, json: objectResource(session.made, call.origin) }
  }

  #end(session: Session, state: Session['state']): void {
    if (session.state !== 'open') return
    session.state = state
    session.arrived.drop()
    session.arrived.chunks.length = 0
  }

  /** @throws ApiError 404 for one that was never begun or has failed, 410 where it is over, 499 where it was given up */
  #session(id: string): Session {
    const session = this.#sessions.get(id)
    if (session === undefined || session.state === 'failed') throw notFound('The upload session was not found.')
    if (session.made === undefined && Date.now() - session.startedAt > this.lifetimeMs) this.#end(session, 'expired')
    if (session.state === 'expired') throw new ApiError(410, 'gone', 'The upload session has expired.')
    if (session.state === 'cancelled') throw new ApiError(499, 'clientClosedRequest', 'Client Closed Request')
    return session
  }
}

function incomplete({ arrived, id }: Session): Reply {
  const range = arrived.size === 0 ? {} : { range: `bytes=0-${arrived.size - 1}` }
  return { status: 308, headers: { ...range, 'x-guploader-uploadid': id } }
}

/** @throws ApiError 400 for what is no Content-Range of an upload */
function rangeIn(header: string | undefined): SentRange {
  // Without one, the body is the whole object.
  if (header === undefined) return { kind: 'bytes', from: 0 }
  const [, asked, from, to, total] = /^bytes (?:(\*)|(\d+)-(\d+|\*))\/(\d+|\*)$/.exec(header) ?? []
  if (total === undefined) throw invalid(`Invalid Content-Range: ${header}`)
  const whole = total === '*' ? {} : { total: Number(total) }
  if (asked !== undefined) return { kind: 'question', ...whole }
  const end = to === '*' ? {} : { to: Number(to) + 1 }
  return { kind: 'bytes', from: Number(from), ...end, ...whole }
}
