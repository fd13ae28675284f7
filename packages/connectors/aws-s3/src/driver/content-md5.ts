import { createHash } from 'node:crypto'
import type { BuildHandler, BuildHandlerArguments, MetadataBearer } from '@smithy/types'

/** Adds Content-MD5 (RFC 1864) to a request whose body is in memory. */
export function contentMd5<Input extends object, Output extends MetadataBearer>(
  next: BuildHandler<Input, Output>,
): BuildHandler<Input, Output> {
  return (args: BuildHandlerArguments<Input>) => {
    const { headers, body } = args.request as { headers: Record<string, string>; body: unknown }
    if (typeof body === 'string' || body instanceof Uint8Array)
      headers['content-md5'] = createHash('md5').update(body).digest('base64')
    return next(args)
  }
}
