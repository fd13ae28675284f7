export { createSamlLogin } from './create-saml-login.ts'
export type { SamlLoginOptions } from './options.ts'
export type {
  FinishOptions,
  FormPage,
  LoginOptions,
  LogoutMessage,
  LogoutOptions,
  LogoutResult,
  PostedResponse,
  RedirectTo,
  SamlIdentity,
  SamlLogin,
} from './saml-login.ts'
export type { AttributeMapping, AttributeSource, MappedAttributes } from './attributes.ts'
export { memorySamlCache } from './cache.ts'
export type { SamlCache } from './cache.ts'
export { readIdpMetadata } from './idp-metadata.ts'
export type { IdentityProvider, IdpMetadata, ReadIdpMetadataOptions } from './idp-metadata.ts'
export type { Refusal } from './refusals.ts'
export { samlStrategy } from './saml-strategy.ts'
export type {
  AuthenticateOptions,
  SamlStrategy,
  SamlStrategyOptions,
  StrategyRequest,
  VerifyIdentity,
} from './saml-strategy.ts'
export { exchangeAssertion } from './exchange-assertion.ts'
export type { ExchangeAssertionOptions, ExchangedToken } from './exchange-assertion.ts'
