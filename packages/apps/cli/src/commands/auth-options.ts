/** Where logins are kept. */
export const loginDetails =
  'A login is kept in .casare below the working folder: its tokens sealed in tokens.json, the key of the seal in the store of secrets (see "secrets set"). casare.yaml and flows refer to its access token as secret://login/NAME; it is refreshed before it expires, by one process for all of them.'
