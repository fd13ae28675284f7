import { ConnectorError, type ErrorCode, fromEnv } from '@casare/core'

/** What a typed consumer writes: checked as ESM and as CommonJS, under every module resolution. */
export function codeOf(error: unknown): ErrorCode | undefined {
  return ConnectorError.is(error) ? error.code : undefined
}

export const token = fromEnv('TOKEN')

// @ts-expect-error There is no such code: without types this line would pass.
export const wrong: ErrorCode = 'no_such_code'
