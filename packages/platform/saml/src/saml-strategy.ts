import { ConnectorError, invalidInput } from '@casare/core'
import type { AttributeMapping, MappedAttributes } from './attributes.ts'
import type { SamlIdentity, SamlLogin } from './saml-login.ts'

/** What of a request the strategy looks at; Express' requests are such. */
export interface StrategyRequest {
  /** The fields of a posted form, parsed (`express.urlencoded()`). */
  readonly body?: unknown
  /** The browser's session (`express-session` and the like). */
  readonly session?: unknown
}

/** Settings of the strategy. */
export interface SamlStrategyOptions {
  /** Default `saml`. */
  readonly name?: string | undefined
  /**
   * A login can only be ended by the browser session that started it. The session's cookie must come along with a POST from
   * the identity provider's site: `sameSite: 'none'`. Default: true.
   */
  readonly bindToSession?: boolean | undefined
}

/** Settings of one `passport.authenticate('saml', …)`. */
export interface AuthenticateOptions {
  readonly relayState?: string | undefined
  readonly forceAuthn?: boolean | undefined
}

/** Turns who has logged in into a user of yours; `undefined` refuses. */
export type VerifyIdentity<Mapping extends AttributeMapping, User> = (
  identity: SamlIdentity<MappedAttributes<Mapping>>,
) => Promise<User | undefined> | User | undefined

/** A strategy as Passport calls it (https://www.passportjs.org/concepts/authentication/strategies/). */
export interface SamlStrategy {
  readonly name: string
  authenticate(request: StrategyRequest, options?: AuthenticateOptions): Promise<void>
}

/** What Passport adds to a copy of the strategy for each request. */
interface Actions {
  success(user: unknown, info?: unknown): void
  fail(challenge: { readonly message: string }, status: number): void
  redirect(url: string): void
  error(error: unknown): void
}

/** Name of the session's field that holds the id of the request under way. */
const sessionField = 'casareSamlRequest'

/**
 * A Passport strategy over a login: a posted response ends a login, anything else begins one. Refusals are Passport's
 * failures (401) with their sentence as `message`; a cache that fails is an error.
 */
export function samlStrategy<Mapping extends AttributeMapping, User>(
  login: SamlLogin<Mapping>,
  verify: VerifyIdentity<Mapping, User>,
  { name = 'saml', bindToSession = true }: SamlStrategyOptions = {},
): SamlStrategy {
  return {
    name,
    async authenticate(this: unknown, request: StrategyRequest, options: AuthenticateOptions = {}): Promise<void> {
      const actions = this as Actions
      try {
        const session = bindToSession ? sessionOf(request) : {}
        const posted = postedResponse(request.body)
        if (posted === undefined) {
          const { relayState, forceAuthn } = options
          const { url, requestId } = await login.loginUrl({ relayState, forceAuthn })
          session[sessionField] = requestId
          actions.redirect(url)
          return
        }
        const expected = session[sessionField]
        delete session[sessionField]
        // A session that has started nothing cannot end what another one has.
        const requestId = bindToSession ? (typeof expected === 'string' ? expected : '') : undefined
        const identity = await login.finish(posted, { requestId })
        const user = await verify(identity)
        if (user === undefined) actions.fail({ message: 'This user may not log in here.' }, 401)
        else actions.success(user, { relayState: identity.relayState })
      } catch (error) {
        if (ConnectorError.is(error, 'unauthenticated')) actions.fail({ message: error.message }, 401)
        else actions.error(error)
      }
    },
  }
}

function sessionOf({ session }: StrategyRequest): Record<string, unknown> {
  if (typeof session === 'object' && session !== null) return session as Record<string, unknown>
  throw invalidInput('The request has no session: put session middleware in front, or set bindToSession to false.')
}

function postedResponse(body: unknown): { SAMLResponse: string; RelayState: string | undefined } | undefined {
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, 'SAMLResponse')) return undefined
  const { SAMLResponse, RelayState } = body as { SAMLResponse: unknown; RelayState?: unknown }
  // A field that came twice is a list: it reads as no response at all.
  return {
    SAMLResponse: typeof SAMLResponse === 'string' ? SAMLResponse : '',
    RelayState: typeof RelayState === 'string' ? RelayState : undefined,
  }
}
