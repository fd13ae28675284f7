import { invalidInput } from '@casare/core'
import type { Upload } from '@casare/object-store'

/** What our id of an upload says. Whoever has it can send bytes: the session asks for no other credentials. */
export interface Session {
  /** Google's id. Only this, not the whole address: bytes and tokens go nowhere but to the endpoint of the connection. */
  readonly id: string
  /** Bytes of a part but the last, where they were told. */
  readonly partBytes?: number | undefined
  /** Bytes of the whole, where they were told. */
  readonly size?: number | undefined
  /** The generation that must be there at the end; the session keeps to it. */
  readonly match?: string | undefined
}

export function uploadIdOf({ id, partBytes, size, match }: Session): string {
  return Buffer.from(JSON.stringify({ id, partBytes, size, match })).toString('base64url')
}

/** @throws `invalid_input` for what `startUpload` did not give */
export function sessionOf({ uploadId }: Upload): Session {
  const { id, partBytes, size, match } = parsed(uploadId)
  if (typeof id !== 'string' || id === '') throw invalidInput('The uploadId is not one that startUpload gave.')
  return {
    id,
    partBytes: typeof partBytes === 'number' && partBytes > 0 ? partBytes : undefined,
    size: typeof size === 'number' ? size : undefined,
    match: typeof match === 'string' ? match : undefined,
  }
}

function parsed(uploadId: string): Partial<Record<keyof Session, unknown>> {
  try {
    const value: unknown = JSON.parse(Buffer.from(uploadId, 'base64url').toString())
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}
