/** Code of a connection that was not made in time; nothing was sent on it. */
export const connectTimeoutCode = 'CASARE_CONNECT_TIMEOUT'
