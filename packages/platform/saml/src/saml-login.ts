import type { Secret } from '@casare/core'
import type { AttributeMapping, MappedAttributes } from './attributes.ts'

/** How a login begins. */
export interface LoginOptions {
  /** Comes back with the response, at most 80 bytes (saml-bindings-2.0-os, 3.4.3): a key to what you remember. */
  readonly relayState?: string | undefined
  /** The user must authenticate anew, whatever session there is. Default: false. */
  readonly forceAuthn?: boolean | undefined
}

/** Where to send the browser. */
export interface RedirectTo {
  readonly url: string
  /** Put it in the browser's session and hand it to `finish`: only that browser can then end the login. */
  readonly requestId: string
}

/** A page that posts itself. */
export interface FormPage {
  /** A whole HTML page. It carries a script of one line: allow it by `scriptHash` in a Content-Security-Policy. */
  readonly html: string
  /** For `script-src`: `'sha256-…'`. */
  readonly scriptHash: string
  readonly requestId: string
}

/** The fields that the browser posts to `callbackUrl`. */
export interface PostedResponse {
  readonly SAMLResponse: string
  readonly RelayState?: string | undefined
}

/** What the browser's session knows. */
export interface FinishOptions {
  /** `requestId` of the login that this browser started; any other response is refused. */
  readonly requestId?: string | undefined
}

/** Who has logged in. */
export interface SamlIdentity<Attributes = Readonly<Record<string, string | readonly string[] | undefined>>> {
  readonly nameId: string
  readonly nameIdFormat: string | undefined
  readonly nameQualifier: string | undefined
  readonly spNameQualifier: string | undefined
  /** For `logoutUrl`. */
  readonly sessionIndex: string | undefined
  /** When the identity provider wants the session to end, ISO 8601. */
  readonly sessionEndsAt: string | undefined
  /** How the user was authenticated (saml-authn-context-2.0-os). */
  readonly authnContext: string | undefined
  readonly attributes: Attributes
  /** Entity id of the identity provider. */
  readonly issuer: string
  /** The assertion as it came, a document of its own: for `exchangeAssertion`. */
  readonly assertion: Secret
  /** As sent with the request; of a login that began at the identity provider, whatever came: trust it as little as a link. */
  readonly relayState: string | undefined
  /** The request that was answered; `undefined` for a login that began at the identity provider. */
  readonly requestId: string | undefined
}

/** Whom to log out. */
export interface LogoutOptions {
  readonly nameId: string
  readonly nameIdFormat?: string | undefined
  readonly nameQualifier?: string | undefined
  readonly spNameQualifier?: string | undefined
  readonly sessionIndex?: string | undefined
  /** As for a login. */
  readonly relayState?: string | undefined
}

/** What came to `logoutCallbackUrl`: the raw query of a redirect, or the fields of a form. */
export type LogoutMessage =
  | { readonly query: string }
  | {
      readonly form: {
        readonly SAMLRequest?: string | undefined
        readonly SAMLResponse?: string | undefined
        readonly RelayState?: string | undefined
      }
    }

/** What a logout message was. */
export type LogoutResult =
  /** The answer to a logout of ours: the identity provider's session has ended. */
  | { readonly kind: 'finished'; readonly relayState: string | undefined; readonly requestId: string }
  /** The identity provider asks to end a session here. End it, then send the browser to the answer's URL. */
  | {
      readonly kind: 'requested'
      readonly nameId: string
      readonly nameIdFormat: string | undefined
      /** The sessions to end; with none, all of that name. */
      readonly sessionIndexes: readonly string[]
      readonly issuer: string
      /** URL of the answer. @param success whether the session has ended */
      answerUrl(success: boolean): Promise<string>
    }

/** The logins of one service provider at one identity provider. */
export interface SamlLogin<Mapping extends AttributeMapping = AttributeMapping> {
  /**
   * Begins a login by the redirect binding, with a signed request.
   * @throws `unsupported` where the identity provider has no such URL, `unavailable` where the cache fails
   */
  loginUrl(options?: LoginOptions): Promise<RedirectTo>
  /** Begins a login by the POST binding, with a signed request. @throws as `loginUrl` */
  loginForm(options?: LoginOptions): Promise<FormPage>
  /**
   * Ends a login with what the browser posted.
   * @throws `unauthenticated` with one sentence and the reason as `vendorCode`, `unavailable` where the cache fails
   */
  finish(posted: PostedResponse, options?: FinishOptions): Promise<SamlIdentity<MappedAttributes<Mapping>>>
  /** Begins a logout by the redirect binding. @throws `unsupported` where the identity provider has no such URL */
  logoutUrl(options: LogoutOptions): Promise<RedirectTo>
  /** Reads what came to `logoutCallbackUrl`; it must be signed. @throws as `finish` */
  finishLogout(message: LogoutMessage): Promise<LogoutResult>
  /** Our metadata (saml-metadata-2.0-os), for the identity provider. */
  metadata(): string
}
