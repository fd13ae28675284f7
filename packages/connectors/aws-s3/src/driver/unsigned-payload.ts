import type { BuildHandler, BuildHandlerArguments, MetadataBearer } from '@smithy/types'

/**
 * Leaves the bytes out of the signature, as the SDK does with streams: their MD5 is signed, and hashing them twice would cost
 * more than sending them (https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html).
 */
export function unsignedPayload<Input extends object, Output extends MetadataBearer>(
  next: BuildHandler<Input, Output>,
): BuildHandler<Input, Output> {
  return (args: BuildHandlerArguments<Input>) => {
    const { headers } = args.request as { headers: Record<string, string> }
    headers['x-amz-content-sha256'] = 'UNSIGNED-PAYLOAD'
    return next(args)
  }
}
