import type { FunctionConfiguration } from '@aws-sdk/client-lambda'
import { z } from 'zod'

/** What we tell of a function. */
export const functionFields = () => ({
  name: z.string(),
  arn: z.string(),
  version: z.string().optional(),
  description: z.string().optional(),
  runtime: z.string().optional(),
  handler: z.string().optional(),
  state: z.string().optional().describe('Pending, Active, Inactive or Failed.'),
  memoryMb: z.number().int().optional(),
  timeoutSeconds: z.number().int().optional(),
  codeBytes: z.number().int().optional(),
  modifiedAt: z.string().optional().describe('As Lambda writes it: ISO 8601.'),
})

/** Field by field: environment variables often hold secrets. */
export function functionFacts(found: FunctionConfiguration) {
  return {
    name: found.FunctionName ?? '',
    arn: found.FunctionArn ?? '',
    version: found.Version,
    description: found.Description,
    runtime: found.Runtime,
    handler: found.Handler,
    state: found.State,
    memoryMb: found.MemorySize,
    timeoutSeconds: found.Timeout,
    codeBytes: found.CodeSize,
    modifiedAt: found.LastModified,
  }
}
