/**
 * Bytes on their way in: of known or unknown length, in memory or not. Never a bare string, so that a path is never taken
 * for a text. A stream that was handed over can be read once; give `() => stream` where the call should be repeatable.
 */
export type Body = Uint8Array | AsyncIterable<Uint8Array> | Blob | BodyJson | (() => AsyncIterable<Uint8Array>)

/** The forms of a body that can be written as JSON; valid on the typed side too. */
export type BodyJson = BodyText | BodyBase64 | BodyFile

/** UTF-8 text. */
export interface BodyText {
  readonly text: string
}

/** Bytes in base64 (RFC 4648, with or without padding). */
export interface BodyBase64 {
  readonly base64: string
}

/** A file below one of the roots that the host configured with `files.roots`. */
export interface BodyFile {
  readonly file: string
}
