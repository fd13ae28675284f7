import * as oauth from 'oauth4webapi'
import { ConnectorError, Secret } from '@casare/core'
import type { TokenSet } from '../tokens/token-set.ts'
import type { TokenEndpoint } from './token-endpoint.ts'
import { parametersOf, type TokenRequest } from './token-request.ts'

/** A login on another device that has begun (RFC 8628). */
export interface PendingDeviceLogin {
  /** What the user types at `verificationUri`. */
  readonly userCode: string
  readonly verificationUri: string
  readonly verificationUriComplete: string | undefined
  readonly deviceCode: Secret
  /** Milliseconds since 1970. */
  readonly expiresAt: number
  readonly intervalMs: number
}

interface Options {
  readonly signal?: AbortSignal | undefined
}

const defaultDeviceLoginMs = 600_000

/** Begins a login on another device (RFC 8628). */
export async function startDeviceLogin(
  endpoint: TokenEndpoint,
  request: TokenRequest = {},
  { signal }: Options = {},
): Promise<PendingDeviceLogin> {
  return endpoint.call(
    'The login on another device',
    async (server) => {
      const { client, clientAuth } = endpoint.server
      const options = endpoint.server.request(signal)
      const response = await oauth.deviceAuthorizationRequest(
        server,
        client,
        clientAuth,
        parametersOf(request),
        options,
      )
      const answer = await oauth.processDeviceAuthorizationResponse(server, client, response)
      return {
        userCode: answer.user_code,
        verificationUri: answer.verification_uri,
        verificationUriComplete: answer.verification_uri_complete,
        deviceCode: new Secret(answer.device_code),
        expiresAt: Date.now() + (answer.expires_in ?? defaultDeviceLoginMs / 1000) * 1000,
        intervalMs: (answer.interval ?? 5) * 1000,
      }
    },
    signal,
  )
}

/** Waits until the user has confirmed the login on another device, asking no more often than the server allows. */
export async function finishDeviceLogin(
  endpoint: TokenEndpoint,
  pending: PendingDeviceLogin,
  { signal }: Options = {},
): Promise<TokenSet> {
  let { intervalMs } = pending
  for (;;) {
    await pause(intervalMs, signal)
    if (Date.now() > pending.expiresAt)
      throw new ConnectorError({
        code: 'unauthenticated',
        message: 'Nobody has confirmed the login in time. Begin again.',
      })
    try {
      return await endpoint.tokens(
        'The login on another device',
        async (server, options) => {
          const { client, clientAuth } = endpoint.server
          const code = pending.deviceCode.reveal()
          const response = await oauth.deviceCodeGrantRequest(server, client, clientAuth, code, options)
          return oauth.processDeviceCodeResponse(server, client, response)
        },
        signal,
      )
    } catch (error) {
      const { vendorCode, code } = error as ConnectorError
      if (vendorCode === 'slow_down') intervalMs += 5_000
      // No answer: wait for longer, as RFC 8628, 3.5 asks for.
      else if (code === 'timeout' || code === 'unavailable') intervalMs = Math.min(intervalMs * 2, 60_000)
      else if (vendorCode !== 'authorization_pending') throw error
    }
  }
}

function pause(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer)
      reject(
        new ConnectorError({
          code: 'cancelled',
          applied: 'no',
          message: 'The login was cancelled.',
          cause: signal?.reason,
        }),
      )
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }, delayMs)
    if (signal?.aborted === true) stop()
    else signal?.addEventListener('abort', stop, { once: true })
  })
}
