import { ConnectorError, invalidInput } from '../errors/connector-error.ts'
import type { Body } from './body.ts'

/** A body ready to be sent. */
export interface OpenBody {
  /** Length in bytes where it is known before reading. */
  readonly length: number | undefined
  /** Can it be read again (for a retry)? False for a stream that was handed over. */
  readonly repeatable: boolean
  /** The bytes in memory, where they are there already; nothing to stream. */
  readonly bytes: Uint8Array | undefined
  /** The bytes as a stream, from the beginning. A second call on a body that is not repeatable throws. */
  stream(): AsyncIterable<Uint8Array>
}

/**
 * Makes any form of body readable.
 * @param roots folders below which `{ file }` may lie; without any, `{ file }` is refused.
 * @throws `invalid_input` for an unknown form, bad base64, or a file outside the roots or not there.
 */
export async function openBody(body: Body, roots: readonly string[] = []): Promise<OpenBody> {
  if (body instanceof Uint8Array) return fromBytes(body)
  if (body instanceof Blob) return repeatable(body.size, () => body.stream())
  if (typeof body === 'function') return repeatable(undefined, body)
  if (typeof body !== 'object' || body === null) throw notABody(body)
  if (Symbol.asyncIterator in body) return once(body)
  if ('text' in body && typeof body.text === 'string') return fromBytes(Buffer.from(body.text, 'utf8'))
  if ('base64' in body && typeof body.base64 === 'string') return fromBytes(decodeBase64(body.base64))
  if ('file' in body && typeof body.file === 'string') return fromFileBody(body.file, roots)
  throw notABody(body)
}

function fromBytes(bytes: Uint8Array): OpenBody {
  async function* whole(): AsyncIterable<Uint8Array> {
    yield bytes
  }
  return { length: bytes.byteLength, repeatable: true, bytes, stream: whole }
}

function repeatable(length: number | undefined, stream: () => AsyncIterable<Uint8Array>): OpenBody {
  return { length, repeatable: true, bytes: undefined, stream }
}

const consumed = Symbol.for('casare.consumed')

/** Remembered on the stream itself: each attempt of a call opens the same body anew. */
function once(source: AsyncIterable<Uint8Array> & { [consumed]?: true }): OpenBody {
  return {
    length: undefined,
    repeatable: false,
    bytes: undefined,
    stream() {
      if (source[consumed] === true)
        throw new ConnectorError({
          code: 'invalid_input',
          message:
            'The body stream was consumed by an earlier attempt. Pass a function that opens a new stream to make the call repeatable.',
        })
      Object.defineProperty(source, consumed, { value: true })
      return source
    },
  }
}

async function fromFileBody(file: string, roots: readonly string[]): Promise<OpenBody> {
  const { openFile } = await import('./open-file.ts')
  const { length, stream } = await openFile(file, roots)
  return repeatable(length, stream)
}

const base64Pattern = /^[A-Za-z0-9+/\-_]*={0,2}$/

function decodeBase64(text: string): Uint8Array {
  if (!base64Pattern.test(text))
    throw invalidInput('The base64 body contains characters outside of the base64 alphabet.')
  return Buffer.from(text, 'base64')
}

function notABody(value: unknown): ConnectorError {
  const got = typeof value === 'string' ? 'a bare string' : value === null ? 'null' : typeof value
  return invalidInput(
    `A body must be bytes, a stream, a Blob, { text }, { base64 }, { file } or a function that opens a stream; got ${got}.` +
      (typeof value === 'string' ? ' Write { text: … } for text.' : ''),
  )
}
