import type { EgressGuard, Redactor, Secret, TlsConfig } from '@casare/core'
import type { HttpTimeouts } from '@casare/http'
import type { SigningAlgorithm } from './private-key.ts'

/** How a client proves at the token endpoint who it is (RFC 6749, 2.3; RFC 7523; RFC 8705). */
export type ClientAuthentication =
  /** A public client: no secret; PKCE protects its logins. */
  | { readonly kind: 'none' }
  | { readonly kind: 'secret_basic'; readonly secret: Secret }
  | { readonly kind: 'secret_post'; readonly secret: Secret }
  /** `key`: PEM or JWK. */
  | {
      readonly kind: 'private_key_jwt'
      readonly key: Secret
      readonly keyId?: string | undefined
      readonly algorithm?: SigningAlgorithm | undefined
    }
  /** With the certificate of `tls`. */
  | { readonly kind: 'mtls' }

/** Where an authorization server without discovery listens. */
export interface OAuthEndpoints {
  readonly token: string
  readonly authorization?: string | undefined
  readonly deviceAuthorization?: string | undefined
  readonly pushedAuthorization?: string | undefined
  readonly introspection?: string | undefined
  readonly revocation?: string | undefined
  readonly jwks?: string | undefined
  /** What the server calls itself in ID tokens. Default: the origin of `token`. */
  readonly issuer?: string | undefined
}

/** Settings of an OAuth client. */
export interface OAuthClientOptions {
  /** Address of an authorization server that describes itself (OpenID Connect Discovery 1.0, RFC 8414). This or `endpoints`. */
  readonly issuer?: string | undefined
  readonly endpoints?: OAuthEndpoints | undefined
  readonly clientId: string
  /** Default `none`. */
  readonly authentication?: ClientAuthentication | undefined
  /** Binds tokens to this key (RFC 9449): PEM or JWK of a curve or Ed25519, or RSA. */
  readonly dpopKey?: Secret | undefined
  /** How far clocks may be apart, in seconds, 0 to 300. Default 5. */
  readonly clockSkewS?: number | undefined
  readonly tls?: TlsConfig | undefined
  readonly timeouts?: HttpTimeouts | undefined
  /** Where the server and what it names (its endpoints, its key set) may lie. */
  readonly egress?: EgressGuard | undefined
  /** Told of each token that arrives. Default: one of its own. */
  readonly redactor?: Redactor | undefined
}
