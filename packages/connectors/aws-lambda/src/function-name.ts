import { z } from 'zod'

/** A function by its name or ARN. */
export const functionName = () =>
  z
    .string()
    .regex(
      /^(?:arn:[a-z-]+:lambda:[a-z0-9-]+:\d{12}:function:)?[\w-]{1,140}$/,
      'expected the name or ARN of a function',
    )
    .describe('Name or ARN of the function.')

/** A version or an alias of it. */
export const qualifier = () =>
  z
    .string()
    .regex(/^(?:\$LATEST(?:\.PUBLISHED)?|[\w-]{1,128})$/, 'expected a version or an alias')
    .optional()
    .describe('Version or alias. Default: the latest, unpublished one.')
