/** How a function failed, in its own words. */
export interface FunctionError {
  readonly kind: string
  readonly type?: string
  readonly message?: string
  readonly stack: string[]
}

/** What a runtime writes into the answer of a function that failed: https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html and its like. */
export function functionErrorOf(kind: string, value: unknown): FunctionError {
  const { errorType, errorMessage, trace, stackTrace } = (typeof value === 'object' && value !== null ? value : {}) as {
    errorType?: unknown
    errorMessage?: unknown
    trace?: unknown
    stackTrace?: unknown
  }
  const lines = Array.isArray(trace) ? trace : Array.isArray(stackTrace) ? stackTrace : []
  return {
    kind,
    ...(typeof errorType === 'string' ? { type: errorType } : {}),
    ...(typeof errorMessage === 'string'
      ? { message: errorMessage }
      : typeof value === 'string'
        ? { message: value }
        : {}),
    stack: lines.map(String),
  }
}

/** A function of a custom runtime may answer with what is no JSON. */
export function parsedAnswer(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
