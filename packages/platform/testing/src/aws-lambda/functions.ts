import { ApiError } from './api-error.ts'

/** What a function sees beside its event. */
export interface InvocationContext {
  readonly functionName: string
  readonly requestId: string
  readonly clientContext: unknown
  /** Writes a line into the function's log. */
  log(line: string): void
}

/** A function: what it answers becomes JSON; what it yields is streamed; what it throws is its error. */
export type Handler = (event: unknown, context: InvocationContext) => unknown

/** A function as the simulator keeps it. */
export interface SimulatedFunction {
  readonly handler: Handler
  /** How many run at once; more are throttled with 429. Default: no limit. */
  readonly reservedConcurrency?: number | undefined
  readonly description?: string | undefined
  /** Environment variables; they are shown, as Lambda does. */
  readonly environment?: Readonly<Record<string, string>> | undefined
}

/** An invocation that was begun. */
export interface Invocation {
  readonly functionName: string
  readonly kind: 'RequestResponse' | 'Event' | 'streaming'
  readonly event: unknown
}

/** How a function ended. */
export type Ending = { readonly value: unknown } | { readonly error: FunctionFailure }

/** An error as the runtime of Node writes it into the answer. */
export interface FunctionFailure {
  readonly errorType: string
  readonly errorMessage: string
  readonly trace: readonly string[]
}

/** The functions of an account, and what has run. */
export class Functions {
  readonly invocations: Invocation[] = []
  readonly #known = new Map<string, SimulatedFunction>()
  readonly #running = new Map<string, number>()

  put(name: string, definition: SimulatedFunction): void {
    this.#known.set(name, definition)
  }

  delete(name: string): void {
    this.#known.delete(name)
  }

  get names(): string[] {
    return [...this.#known.keys()].sort()
  }

  /** @throws ApiError 404 */
  find(name: string, arn: string): SimulatedFunction {
    const found = this.#known.get(name)
    if (found === undefined) throw new ApiError(404, 'ResourceNotFoundException', `Function not found: ${arn}`)
    return found
  }

  /**
   * Begins an invocation; the last 4 KB of its log are there at its end.
   * @throws ApiError 429 where too many run
   */
  begin(
    { handler, reservedConcurrency = Infinity }: SimulatedFunction,
    invocation: Invocation,
    clientContext: unknown,
  ) {
    const { functionName } = invocation
    const running = this.#running.get(functionName) ?? 0
    if (running >= reservedConcurrency) throw new ApiError(429, 'TooManyRequestsException', 'Rate Exceeded.', 1)
    this.#running.set(functionName, running + 1)
    this.invocations.push(invocation)
    const requestId = crypto.randomUUID()
    const lines = [`START RequestId: ${requestId} Version: $LATEST`]
    const context = { functionName, requestId, clientContext, log: (line: string) => void lines.push(line) }
    return {
      requestId,
      /** Runs it to its end. */
      run: async (take: (value: unknown) => Promise<unknown>): Promise<Ending> => {
        try {
          return { value: await take(await handler(invocation.event, context)) }
        } catch (error) {
          return { error: failureOf(error) }
        } finally {
          this.#running.set(functionName, (this.#running.get(functionName) ?? 1) - 1)
          lines.push(`END RequestId: ${requestId}`)
        }
      },
      log: (): string =>
        Buffer.from(`${lines.join('\n')}\n`)
          .subarray(-4_096)
          .toString('base64'),
    }
  }
}

function failureOf(error: unknown): FunctionFailure {
  if (!(error instanceof Error)) return { errorType: 'string', errorMessage: String(error), trace: [] }
  return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') }
}
