import { pipeline } from '@casare/resilience'
import { StandardRetryStrategy } from '@smithy/util-retry'
import axios, { AxiosError, type InternalAxiosRequestConfig } from 'axios'
import axiosRetry from 'axios-retry'
import * as cockatiel from 'cockatiel'
import CircuitBreaker from 'opossum'
import pRetry from 'p-retry'
import pTimeout from 'p-timeout'
import { ServerError } from './server.ts'

/** One client's way to call. */
export type Client = () => Promise<unknown>

type Request = () => Promise<number>

const attemptTimeoutMs = 1_000

/** An attempt with the time-out that every client has. */
async function attempt(request: Request): Promise<number> {
  return await pTimeout(request(), { milliseconds: attemptTimeoutMs })
}

/** A client per strategy, each library in the configuration that its documentation shows. */
export const strategies = {
  'no retry':
    (request: Request): Client =>
    () =>
      attempt(request),

  casare(request: Request): Client {
    const policies = pipeline({
      deadline: { timeoutMs: 5_000 },
      timeout: { timeoutMs: attemptTimeoutMs },
      retry: { repeatable: true },
    })
    return () => policies.execute(({ signal }) => untilAborted(request, signal))
  },

  cockatiel(request: Request): Client {
    const policy = cockatiel.wrap(
      cockatiel.retry(cockatiel.handleAll, { maxAttempts: 3, backoff: new cockatiel.ExponentialBackoff() }),
      cockatiel.circuitBreaker(cockatiel.handleAll, {
        halfOpenAfter: 10_000,
        breaker: new cockatiel.ConsecutiveBreaker(5),
      }),
      cockatiel.timeout(attemptTimeoutMs, cockatiel.TimeoutStrategy.Aggressive),
    )
    return () => policy.execute(request)
  },

  opossum(request: Request): Client {
    const breaker = new CircuitBreaker(request, { timeout: attemptTimeoutMs })
    return () => breaker.fire()
  },

  'p-retry':
    (request: Request): Client =>
    () =>
      pRetry(() => attempt(request), { retries: 3, randomize: true }),

  'axios-retry'(request: Request): Client {
    const client = axios.create({ adapter: (config) => adapter(config, request) })
    axiosRetry(client, {
      retries: 3,
      retryDelay: axiosRetry.exponentialDelay,
      retryCondition: (error) => axiosRetry.isNetworkOrIdempotentRequestError(error) || error.code === 'ECONNABORTED',
    })
    return () => client.get('http://server.invalid/')
  },

  'AWS SDK standard'(request: Request): Client {
    const strategy = new StandardRetryStrategy(3)
    return async () => {
      let token = await strategy.acquireInitialRetryToken('')
      for (;;) {
        try {
          const value = await attempt(request)
          strategy.recordSuccess(token)
          return value
        } catch (error) {
          const throttled = error instanceof ServerError && error.overload
          // Throws once the attempts or the client's retry quota are used up.
          token = await strategy.refreshRetryTokenForRetry(token, {
            errorType: throttled ? 'THROTTLING' : 'TRANSIENT',
          })
          const delayMs = token.getRetryDelay()
          await new Promise((resolve) => setTimeout(resolve, delayMs))
        }
      }
    }
  },
} as const satisfies Record<string, (request: Request) => Client>

/** A strategy's name. */
export type StrategyName = keyof typeof strategies

/** The simulated server as axios sees it: answers, status errors, time-outs and network errors in axios's own shapes. */
async function adapter(config: InternalAxiosRequestConfig, request: Request) {
  try {
    return { data: await attempt(request), status: 200, statusText: 'OK', headers: {}, config }
  } catch (error) {
    if (!(error instanceof ServerError)) throw new AxiosError('timeout', AxiosError.ECONNABORTED, config)
    if (error.status === undefined) throw new AxiosError(error.message, error.code, config)
    const response = { data: '', status: error.status, statusText: '', headers: {}, config }
    throw new AxiosError(error.message, AxiosError.ERR_BAD_RESPONSE, config, undefined, response)
  }
}

/** A request as an HTTP client makes it: an abort ends it for the client at once, though the server works on. */
function untilAborted(request: Request, signal: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    request().then(resolve, reject)
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
}
