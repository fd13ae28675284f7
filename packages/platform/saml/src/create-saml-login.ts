import type { AttributeMapping } from './attributes.ts'
import { finishLogin } from './finish-login.ts'
import { createLedger } from './ledger.ts'
import { finishLogout } from './logout/finish-logout.ts'
import { startLogout } from './logout/start-logout.ts'
import { serviceProviderMetadata } from './metadata.ts'
import { readOptions, type SamlLoginOptions } from './options.ts'
import type { SamlLogin } from './saml-login.ts'
import { startByForm, startByRedirect } from './start-login.ts'

/**
 * Makes the logins of one service provider at one identity provider (saml-profiles-2.0-os, 4.1 and 4.4).
 * @throws `invalid_input` for a wrong setting
 */
export function createSamlLogin<const Mapping extends AttributeMapping = AttributeMapping>(
  options: SamlLoginOptions<Mapping>,
): SamlLogin<Mapping> {
  const ready = readOptions(options)
  const logins = createLedger('login', ready)
  const logouts = createLedger('logout', ready)
  const login: SamlLogin = {
    loginUrl: (start = {}) => startByRedirect(start, ready, logins),
    loginForm: (start = {}) => startByForm(start, ready, logins),
    finish: (posted, finish = {}) => finishLogin(posted, finish, ready, logins) as ReturnType<SamlLogin['finish']>,
    logoutUrl: (start) => startLogout(start, ready, logouts),
    finishLogout: (message) => finishLogout(message, ready, logouts),
    metadata: () => serviceProviderMetadata(ready),
  }
  return login as unknown as SamlLogin<Mapping>
}
