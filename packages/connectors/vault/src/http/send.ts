import { ConnectorError } from '@casare/core'
import type { Authorizer, HttpClient, HttpContext } from '@casare/http'
import { pathOf } from '../paths.ts'

/** One request to Vault's API. */
export interface VaultRequest {
  /** Default GET. */
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE' | undefined
  /** `/v1/{mount}/data/{path}`; the template goes into logs, the values do not. */
  readonly path: string
  readonly values?: Readonly<Record<string, string>> | undefined
  readonly query?: Readonly<Record<string, string | number | undefined>> | undefined
  readonly json?: unknown
  readonly contentType?: string | undefined
  /** Statuses that are not errors. Default: 200 to 299. */
  readonly okStatuses?: readonly number[] | undefined
}

/** What Vault answers with (https://developer.hashicorp.com/vault/api-docs#reading-writing-and-listing-secrets). */
export interface VaultAnswer {
  readonly status: number
  readonly data: Readonly<Record<string, unknown>> | undefined
  readonly auth: Readonly<Record<string, unknown>> | undefined
  readonly lease: { readonly id: string; readonly seconds: number; readonly renewable: boolean }
  /** All of it, for the few answers without Vault's envelope. */
  readonly whole: Readonly<Record<string, unknown>>
}

/** Who a request comes from; none for what is open to everybody. */
export interface Identity {
  readonly token?: string | undefined
  readonly namespace?: string | undefined
}

/** Puts token and namespace on requests; the client keeps them from origins that are not ours. */
export class Credentials implements Authorizer {
  readonly #identities = new WeakMap<HttpContext, Identity>()

  state(context: HttpContext, identity: Identity): void {
    this.#identities.set(context, identity)
  }

  apply({ headers }: Parameters<Authorizer['apply']>[0], context: HttpContext): void {
    const { token, namespace } = this.#identities.get(context) ?? {}
    if (token !== undefined) headers['x-vault-token'] = token
    if (namespace !== undefined) headers['x-vault-namespace'] = namespace
  }
}

/** Sends one request as somebody, once. */
export async function send(
  http: HttpClient,
  credentials: Credentials,
  request: VaultRequest,
  identity: Identity,
  context: HttpContext,
): Promise<VaultAnswer> {
  const { signal, effect, redactor, fileRoots } = context
  const { method = 'GET', path: template, values = {}, query, json, contentType, okStatuses } = request
  if (identity.token !== undefined) redactor.add(identity.token)
  const own: HttpContext = {
    signal,
    effect,
    redactor,
    fileRoots,
    note: (facts) => context.note(facts.path === undefined ? facts : { ...facts, path: template }),
  }
  credentials.state(own, identity)
  const path = pathOf(template, values)
  const headers = contentType === undefined ? undefined : { 'content-type': contentType }
  const answer = await http.request({ method, path, query, json, headers, okStatuses, expect: 'json' }, own)
  return readAnswer(answer.status, answer.body)
}

function readAnswer(status: number, body: unknown): VaultAnswer {
  const whole = body === undefined ? {} : recordIn(body)
  if (whole === undefined)
    throw new ConnectorError({
      code: 'internal',
      applied: 'maybe',
      transient: false,
      status,
      message: `The answer (${status}) is not one of Vault's. Check address: something else may listen there.`,
    })
  return {
    status,
    data: recordIn(whole['data']),
    auth: recordIn(whole['auth']),
    lease: {
      id: textIn(whole, 'lease_id'),
      seconds: numberIn(whole, 'lease_duration'),
      renewable: whole['renewable'] === true,
    },
    whole,
  }
}

export function recordIn(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined
}

export function textIn(record: Readonly<Record<string, unknown>>, name: string): string {
  const value = record[name]
  return typeof value === 'string' ? value : ''
}

export function numberIn(record: Readonly<Record<string, unknown>>, name: string): number {
  const value = record[name]
  return typeof value === 'number' ? value : 0
}
